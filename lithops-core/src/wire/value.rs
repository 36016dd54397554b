//! Users' values as bytes: MessagePack with field names, or raw where the value is bytes already.
//!
//! Field names cost a little room and buy all of serde (`untagged`, `flatten`, defaults) and
//! tolerance between two builds of a program. `Vec<u8>`, `Bytes`, `String` and vectors of numbers
//! go as they are in memory (little-endian): MessagePack would spend a byte or more on each element.
//! One trap of MessagePack: `Some(None)` and `Some(())` come back as `None`.

use std::any::{Any, type_name};

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ValueError;
use super::codec::{self, CodecError};

#[cfg(target_endian = "big")]
compile_error!("vectors of numbers cross the wire as they are in memory: little-endian only");

/// Room that is asked for at once, so that many small values share one allocation.
const ARENA: usize = 32 * 1024;

/// Where encoded values are written, one after another, each then taken as [`Bytes`].
#[derive(Debug, Default)]
pub struct ValueSink {
    arena: BytesMut,
    whole: Option<Bytes>,
}

impl ValueSink {
    /// An empty sink; allocates with the first value.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what has been written since the last call.
    pub fn take(&mut self) -> Bytes {
        self.whole.take().unwrap_or_else(|| self.arena.split().freeze())
    }

    fn writer(&mut self) -> impl std::io::Write + '_ {
        if self.arena.capacity() < 64 {
            self.arena.reserve(ARENA);
        }
        (&mut self.arena).writer()
    }
}

/// Encodes `value` into `sink`.
///
/// A `Vec<u8>` or `Bytes` is moved, not copied.
///
/// # Errors
/// [`ValueError`] if the value's own `Serialize` refuses; the sink is then as before.
pub fn encode_value<T: Serialize + 'static>(
    value: T,
    sink: &mut ValueSink,
) -> Result<(), ValueError> {
    let mut value = Some(value);
    if let Some(bytes) = raw::take(&mut value) {
        sink.whole = Some(bytes);
        return Ok(());
    }
    let Some(value) = value else { return Ok(()) };
    let start = sink.arena.len();
    let written = rmp_serde::encode::write_named(&mut sink.writer(), &value);
    written.map_err(|error| {
        sink.arena.truncate(start);
        encode_error(&value, &error)
    })
}

/// Encodes `value` behind what `out` holds, for many small values one after another.
///
/// A value that is bytes already comes back instead, moved: the caller copies it or keeps it.
///
/// # Errors
/// [`ValueError`] if the value's own `Serialize` refuses; `out` is then as before.
pub fn append_value<T: Serialize + 'static>(
    value: T,
    out: &mut Vec<u8>,
) -> Result<Option<Bytes>, ValueError> {
    let mut value = Some(value);
    if let Some(bytes) = raw::take(&mut value) {
        return Ok(Some(bytes));
    }
    let Some(value) = value else { return Ok(None) };
    let start = out.len();
    let written = rmp_serde::encode::write_named(out, &value);
    written.map_err(|error| {
        out.truncate(start);
        encode_error(&value, &error)
    })?;
    Ok(None)
}

/// Encodes a value behind what `out` holds, and leaves the value where it is.
///
/// # Errors
/// [`ValueError`] if the value's own `Serialize` refuses; `out` is then as before.
pub fn append_value_of<T: Serialize + 'static>(
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), ValueError> {
    if let Some(bytes) = raw::borrow(value) {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    let start = out.len();
    let written = rmp_serde::encode::write_named(out, value);
    written.map_err(|error| {
        out.truncate(start);
        encode_error(value, &error)
    })
}

/// Decodes a value.
///
/// A `Vec<u8>` takes over the buffer where nobody else holds it.
///
/// # Errors
/// [`ValueError`] with the path of the field that does not fit `T`; if more bytes follow than belong
/// to the value, or if it nests deeper than 128 levels.
pub fn decode_value<T: DeserializeOwned + 'static>(bytes: Bytes) -> Result<T, ValueError> {
    let mut place: Option<T> = None;
    match raw::give(bytes, &mut place) {
        raw::Given::Done => place.ok_or_else(|| value_error::<T>("", "no value")),
        raw::Given::Malformed(message) => Err(value_error::<T>("", message)),
        raw::Given::NotRaw(bytes) => codec::value(&bytes).map_err(|error| match error {
            CodecError::Trailing => value_error::<T>("", error),
            CodecError::Malformed(error) => {
                // The path costs time, so it is looked for only once decoding has failed.
                let mut decoder = rmp_serde::Deserializer::from_read_ref(&*bytes);
                decoder.set_max_depth(codec::VALUE_DEPTH);
                match serde_path_to_error::deserialize::<_, T>(&mut decoder) {
                    Ok(_) => value_error::<T>("", error),
                    Err(error) => value_error::<T>(&error.path().to_string(), error.inner()),
                }
            }
        }),
    }
}

/// The value of `bytes` as MessagePack that any decoder reads without its type, whose name is
/// `type_name` as [`std::any::type_name`] has it: bytes as `bin`, text as `str`, numbers as an array.
///
/// Costs a copy where the type's bytes in memory are its encoding, else nothing.
///
/// # Errors
/// [`ValueError`] if the bytes are none of such a type.
pub fn self_described(type_name: &str, bytes: Bytes) -> Result<Bytes, ValueError> {
    match raw::described(type_name, &bytes) {
        None => Ok(bytes),
        Some(described) => described.map(Bytes::from),
    }
}

fn encode_error<T: Serialize>(value: &T, error: &rmp_serde::encode::Error) -> ValueError {
    let mut scratch = Vec::new();
    let mut encoder = rmp_serde::Serializer::new(&mut scratch).with_struct_map();
    match serde_path_to_error::serialize(value, &mut encoder) {
        Ok(()) => value_error::<T>("", error),
        Err(error) => value_error::<T>(&error.path().to_string(), error.inner()),
    }
}

fn value_error<T>(path: &str, message: impl ToString) -> ValueError {
    let path = if path == "." { String::new() } else { path.to_owned() };
    ValueError { type_name: type_name::<T>().to_owned(), path, message: message.to_string() }
}

/// Types whose bytes in memory are their encoding.
mod raw {
    use super::{Any, Bytes, Serialize, ValueError, type_name};

    /// The value of bytes as MessagePack if this is the name of one of the raw types.
    pub(super) fn described(name: &str, bytes: &Bytes) -> Option<Result<Vec<u8>, ValueError>> {
        fn encoded<T: Serialize>(value: &T) -> Result<Vec<u8>, ValueError> {
            rmp_serde::to_vec_named(value).map_err(|error| super::encode_error(value, &error))
        }
        macro_rules! numbers {
            ($($number:ty),*) => {
                $(if name == type_name::<Vec<$number>>() {
                    let numbers = super::decode_value::<Vec<$number>>(bytes.clone());
                    return Some(numbers.and_then(|numbers| encoded(&numbers)));
                })*
            };
        }
        if name == type_name::<Vec<u8>>() || name == type_name::<Bytes>() {
            return Some(encoded(bytes));
        }
        if name == type_name::<String>() {
            let text = super::decode_value::<String>(bytes.clone());
            return Some(text.and_then(|text| encoded(&text)));
        }
        numbers!(f32, f64, i8, i16, i32, i64, u16, u32, u64);
        None
    }

    pub(super) enum Given {
        Done,
        Malformed(&'static str),
        NotRaw(Bytes),
    }

    /// Takes the value out of `place` as bytes if its type is one of the raw ones.
    pub(super) fn take<T: 'static>(place: &mut Option<T>) -> Option<Bytes> {
        let place = place as &mut dyn Any;
        macro_rules! numbers {
            ($($number:ty),*) => {
                $(if let Some(place) = place.downcast_mut::<Option<Vec<$number>>>() {
                    return place.take().map(|numbers| Bytes::copy_from_slice(bytemuck::cast_slice(&numbers)));
                })*
            };
        }
        if let Some(place) = place.downcast_mut::<Option<Vec<u8>>>() {
            return place.take().map(Bytes::from);
        }
        if let Some(place) = place.downcast_mut::<Option<Bytes>>() {
            return place.take();
        }
        if let Some(place) = place.downcast_mut::<Option<String>>() {
            return place.take().map(Bytes::from);
        }
        numbers!(f32, f64, i8, i16, i32, i64, u16, u32, u64);
        None
    }

    /// The value's bytes if its type is one of the raw ones.
    pub(super) fn borrow<T: 'static>(value: &T) -> Option<&[u8]> {
        let value = value as &dyn Any;
        macro_rules! numbers {
            ($($number:ty),*) => {
                $(if let Some(numbers) = value.downcast_ref::<Vec<$number>>() {
                    return Some(bytemuck::cast_slice(numbers));
                })*
            };
        }
        if let Some(bytes) = value.downcast_ref::<Vec<u8>>() {
            return Some(bytes);
        }
        if let Some(bytes) = value.downcast_ref::<Bytes>() {
            return Some(bytes);
        }
        if let Some(text) = value.downcast_ref::<String>() {
            return Some(text.as_bytes());
        }
        numbers!(f32, f64, i8, i16, i32, i64, u16, u32, u64);
        None
    }

    /// Puts the value of `bytes` into `place` if its type is one of the raw ones.
    pub(super) fn give<T: 'static>(bytes: Bytes, place: &mut Option<T>) -> Given {
        let place = place as &mut dyn Any;
        macro_rules! numbers {
            ($($number:ty),*) => {
                $(if let Some(place) = place.downcast_mut::<Option<Vec<$number>>>() {
                    if bytes.len() % size_of::<$number>() != 0 {
                        return Given::Malformed("the bytes are no whole count of numbers");
                    }
                    *place = Some(bytemuck::pod_collect_to_vec(&bytes));
                    return Given::Done;
                })*
            };
        }
        if let Some(place) = place.downcast_mut::<Option<Vec<u8>>>() {
            *place = Some(Vec::from(bytes));
            return Given::Done;
        }
        if let Some(place) = place.downcast_mut::<Option<Bytes>>() {
            *place = Some(bytes);
            return Given::Done;
        }
        if let Some(place) = place.downcast_mut::<Option<String>>() {
            return match String::from_utf8(Vec::from(bytes)) {
                Ok(text) => {
                    *place = Some(text);
                    Given::Done
                }
                Err(_) => Given::Malformed("the bytes are not UTF-8"),
            };
        }
        numbers!(f32, f64, i8, i16, i32, i64, u16, u32, u64);
        Given::NotRaw(bytes)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    fn round_trip<T: Serialize + DeserializeOwned + 'static>(value: T) -> (usize, T) {
        let mut sink = ValueSink::new();
        encode_value(value, &mut sink).unwrap();
        let bytes = sink.take();
        (bytes.len(), decode_value(bytes).unwrap())
    }

    #[test]
    fn bytes_and_numbers_take_no_more_room_than_in_memory() {
        assert_eq!(round_trip(vec![200u8; 1000]), (1000, vec![200u8; 1000]));
        assert_eq!(round_trip(vec![1.5f64; 100]), (800, vec![1.5f64; 100]));
        assert_eq!(round_trip("grüße".to_owned()), (7, "grüße".to_owned()));
        assert_eq!(round_trip(Vec::<u32>::new()), (0, vec![]));
    }

    #[test]
    fn a_byte_vector_is_moved_not_copied() {
        let vector = vec![7u8; 4096];
        let address = vector.as_ptr();
        let mut sink = ValueSink::new();
        encode_value(vector, &mut sink).unwrap();
        let back: Vec<u8> = decode_value(sink.take()).unwrap();
        assert_eq!(back.as_ptr(), address);
    }

    #[test]
    fn values_written_one_after_another_come_apart() {
        let mut sink = ValueSink::new();
        encode_value(1u8, &mut sink).unwrap();
        let first = sink.take();
        encode_value((2u8, "x"), &mut sink).unwrap();
        assert_eq!(decode_value::<u8>(first).unwrap(), 1);
        assert_eq!(decode_value::<(u8, String)>(sink.take()).unwrap(), (2, "x".to_owned()));
    }

    #[test]
    fn a_value_of_any_type_can_be_read_without_it() {
        fn described<T: Serialize + 'static>(value: T) -> Vec<u8> {
            let mut sink = ValueSink::new();
            encode_value(value, &mut sink).unwrap();
            self_described(type_name::<T>(), sink.take()).unwrap().to_vec()
        }
        assert_eq!(described(vec![7u8, 8]), [0xc4, 2, 7, 8]);
        assert_eq!(described(Bytes::from_static(&[7])), [0xc4, 1, 7]);
        assert_eq!(described("ab".to_owned()), [0xa2, b'a', b'b']);
        assert_eq!(described(vec![1i16, -1]), [0x92, 1, 0xff]);
        assert_eq!(described(vec![0.5f32]), [0x91, 0xca, 0x3f, 0, 0, 0]);
        assert_eq!(described((1u8, Some("x"))), [0x92, 1, 0xa1, b'x']);
        let odd = self_described(type_name::<Vec<u32>>(), Bytes::from_static(&[1]));
        assert_eq!(odd.unwrap_err().message, "the bytes are no whole count of numbers");
    }

    #[test]
    fn a_decoding_failure_names_the_field() {
        #[derive(Serialize)]
        struct Sent {
            rows: Vec<Row<&'static str>>,
        }
        #[derive(Serialize, serde::Deserialize, Debug)]
        struct Row<T> {
            name: T,
        }
        #[derive(serde::Deserialize, Debug)]
        struct Wanted {
            #[expect(dead_code, reason = "only decoded")]
            rows: Vec<Row<u8>>,
        }
        let mut sink = ValueSink::new();
        encode_value(Sent { rows: vec![Row { name: "a" }] }, &mut sink).unwrap();
        let error = decode_value::<Wanted>(sink.take()).unwrap_err();
        assert_eq!(error.path, "rows[0].name");
    }
}
