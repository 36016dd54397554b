//! The arguments of a job's calls, compactly.

use bytes::Bytes;

use crate::function::Data;
use crate::wire::{Input, Payload, ValueError, append_value};

/// Arguments larger than this are kept where they are; smaller ones are packed together.
const LARGE: usize = 32 * 1024;

/// Arguments that can't be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// One can't be encoded.
    #[error("argument {index} can't be encoded: {source}")]
    Unencodable {
        /// Its place.
        index: u32,
        /// Why.
        source: ValueError,
    },
    /// There are more than can be numbered.
    #[error("there are more arguments than can be numbered")]
    TooMany,
}

/// Where the arguments of a job come from.
#[derive(Clone, Debug)]
pub enum JobInputs {
    /// They are here.
    Ready(PackedInputs),
    /// They come later, by [`supply`](crate::ports::Executor::supply); this many.
    Supplied(u32),
}

impl JobInputs {
    /// How many calls there are.
    pub fn len(&self) -> u32 {
        match self {
            Self::Ready(inputs) => inputs.len(),
            Self::Supplied(calls) => *calls,
        }
    }

    /// Whether there is no call at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Encoded arguments: 8 bytes a call beyond the arguments themselves.
#[derive(Clone, Debug, Default)]
pub struct PackedInputs {
    packed: Bytes,
    ends: Vec<usize>,
    large: Vec<(u32, Bytes)>,
}

impl PackedInputs {
    /// Encodes arguments. A large `Vec<u8>`, `String` or `Bytes` is moved, not copied.
    ///
    /// # Errors
    /// [`InputError`] for the first argument that can't be encoded, or the first too many.
    pub fn encode<T: Data>(items: impl IntoIterator<Item = T>) -> Result<Self, InputError> {
        let items = items.into_iter();
        let mut packed = Vec::new();
        let mut ends = Vec::with_capacity(items.size_hint().0);
        let mut large = Vec::new();
        for (index, item) in items.enumerate() {
            let index = u32::try_from(index).ok().filter(|index| *index < u32::MAX);
            let index = index.ok_or(InputError::TooMany)?;
            let start = packed.len();
            let raw = append_value(item, &mut packed)
                .map_err(|source| InputError::Unencodable { index, source })?;
            match raw {
                Some(bytes) if bytes.len() > LARGE => large.push((index, bytes)),
                Some(bytes) => packed.extend_from_slice(&bytes),
                None if packed.len() - start > LARGE => {
                    large.push((index, Bytes::copy_from_slice(&packed[start..])));
                    packed.truncate(start);
                }
                None => {}
            }
            ends.push(packed.len());
        }
        ends.shrink_to_fit();
        Ok(Self { packed: packed.into(), ends, large })
    }

    /// How many calls there are.
    pub fn len(&self) -> u32 {
        self.ends.len() as u32
    }

    /// Whether there is no call at all.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The argument of call `index`, which must exist; shares the bytes.
    pub fn get(&self, index: u32) -> Input {
        if !self.large.is_empty()
            && let Ok(place) = self.large.binary_search_by_key(&index, |(index, _)| *index)
        {
            return Input::One(Payload::Inline(self.large[place].1.clone()));
        }
        let end = self.ends[index as usize];
        let start = if index == 0 { 0 } else { self.ends[index as usize - 1] };
        Input::One(Payload::Inline(self.packed.slice(start..end)))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;
    use crate::wire::decode_value;

    #[test]
    fn small_large_and_empty_arguments_keep_their_places() {
        let items = vec![vec![1u8; 10], vec![2; LARGE + 1], vec![], vec![3; 5]];
        let inputs = PackedInputs::encode(items.clone()).unwrap();
        assert_eq!(inputs.len(), 4);
        for (index, item) in (0..).zip(items) {
            let Input::One(Payload::Inline(bytes)) = inputs.get(index) else { panic!("stored") };
            assert_eq!(decode_value::<Vec<u8>>(bytes).unwrap(), item);
        }
    }

    #[test]
    fn an_argument_that_refuses_to_be_encoded_is_named_by_its_place() {
        #[derive(serde::Deserialize)]
        struct Refuses(bool);
        impl serde::Serialize for Refuses {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if self.0 {
                    Err(serde::ser::Error::custom("no"))
                } else {
                    serializer.serialize_unit()
                }
            }
        }
        let error = PackedInputs::encode([Refuses(false), Refuses(true)]).unwrap_err();
        let InputError::Unencodable { index: 1, source } = error else { panic!("{error}") };
        assert_eq!(source.message, "no");
    }
}
