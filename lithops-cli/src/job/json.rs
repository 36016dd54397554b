//! Values of MessagePack as JSON.
//!
//! Maps stay in their order, and numbers as exact as they are written. JSON has no word for some values:
//! bytes become `{"base64":".."}`, numbers that are not finite the strings `NaN`, `Infinity` and
//! `-Infinity`, and a key that is no string the text of its JSON.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{
    self, Deserialize as _, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor,
};

/// How deep values may be inside of one another: as deep as most readers of JSON follow, and as fits on
/// any thread's stack.
const DEPTH: usize = 128;

/// Writes one value as JSON.
///
/// # Errors
/// Why the bytes are no value of MessagePack, or more than one, or deeper than 128 levels.
pub(super) fn to_json(value: &[u8]) -> Result<String, rmp_serde::decode::Error> {
    let mut json = String::new();
    let mut rest = value;
    let mut decoder = rmp_serde::Deserializer::new(&mut rest);
    decoder.set_max_depth(DEPTH);
    Json(&mut json).deserialize(&mut decoder)?;
    if !rest.is_empty() {
        return Err(de::Error::custom(format!("{} bytes are left over", rest.len())));
    }
    Ok(json)
}

/// Writes the next value behind this text.
struct Json<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Json<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Json<'_> {
    fn float(self, number: f64, text: String) {
        match number.is_finite() {
            true => self.0.push_str(&text),
            false if number.is_nan() => self.0.push_str("\"NaN\""),
            false if number > 0.0 => self.0.push_str("\"Infinity\""),
            false => self.0.push_str("\"-Infinity\""),
        }
    }
}

impl<'de> Visitor<'de> for Json<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.push_str("null");
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.push_str(&value.to_string());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.push_str(&value.to_string());
        Ok(())
    }

    fn visit_f32<E>(self, value: f32) -> Result<(), E> {
        // As short as an f32 tells it: 0.1, not 0.10000000149011612.
        self.float(f64::from(value), format!("{value:?}"));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.float(value, format!("{value:?}"));
        Ok(())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.0.push_str(&serde_json::to_string(value).map_err(E::custom)?);
        Ok(())
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<(), E> {
        self.0.push_str("{\"base64\":\"");
        STANDARD.encode_string(value, self.0);
        self.0.push_str("\"}");
        Ok(())
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, extension: D) -> Result<(), D::Error> {
        let (kind, bytes) = <(i8, Blob)>::deserialize(extension)?;
        self.0.push_str(&format!("{{\"extension\":{kind},\"base64\":\""));
        STANDARD.encode_string(bytes.0, self.0);
        self.0.push_str("\"}");
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.push('[');
        let mut length = self.0.len();
        while items.next_element_seed(Json(&mut *self.0))?.is_some() {
            length = self.0.len();
            self.0.push(',');
        }
        self.0.truncate(length);
        self.0.push(']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.0.push('{');
        let mut length = self.0.len();
        loop {
            let mut key = String::new();
            if entries.next_key_seed(Json(&mut key))?.is_none() {
                break;
            }
            match key.starts_with('"') {
                true => self.0.push_str(&key),
                false => self.0.push_str(&serde_json::to_string(&key).map_err(de::Error::custom)?),
            }
            self.0.push(':');
            entries.next_value_seed(Json(&mut *self.0))?;
            length = self.0.len();
            self.0.push(',');
        }
        self.0.truncate(length);
        self.0.push('}');
        Ok(())
    }
}

/// Bytes as MessagePack has them.
struct Blob(Vec<u8>);

impl<'de> de::Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Blob;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::*;

    fn json<T: Serialize>(value: T) -> String {
        to_json(&rmp_serde::to_vec_named(&value).unwrap()).unwrap()
    }

    #[derive(Serialize)]
    struct Row {
        zeta: Option<u8>,
        alpha: Vec<Kind>,
    }

    #[derive(Serialize)]
    enum Kind {
        Plain,
        Pair(i64, f32),
    }

    #[test]
    fn structures_stay_as_they_are_written() {
        let row = Row { zeta: None, alpha: vec![Kind::Plain, Kind::Pair(-1, 0.1)] };
        assert_eq!(json(row), r#"{"zeta":null,"alpha":["Plain",{"Pair":[-1,0.1]}]}"#);
        assert_eq!(json((u64::MAX, i64::MIN)), "[18446744073709551615,-9223372036854775808]");
        assert_eq!(json((1e300, 1.0f64, true, "\u{1}")), r#"[1e300,1.0,true,"\u0001"]"#);
        assert_eq!(json((Vec::<u8>::new(), BTreeMap::<u8, u8>::new())), "[[],{}]");
    }

    #[test]
    fn what_json_has_no_word_for_has_one() {
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        assert_eq!(json(odd), r#"["NaN","Infinity","-Infinity"]"#);
        assert_eq!(json(f32::NAN), r#""NaN""#);
        assert_eq!(json(bytes::Bytes::from_static(b"\0\xff")), r#"{"base64":"AP8="}"#);
        let keys = BTreeMap::from([((1, "a"), true), ((2, "b"), false)]);
        assert_eq!(json(keys), r#"{"[1,\"a\"]":true,"[2,\"b\"]":false}"#);
        // An extension of one byte, kind 5.
        assert_eq!(to_json(&[0xd4, 5, 1]).unwrap(), r#"{"extension":5,"base64":"AQ=="}"#);
    }

    #[test]
    fn bytes_that_are_no_value_are_refused() {
        for (wrong, told) in [(&[][..], ""), (&[0x92, 1], ""), (&[1, 2], "1 bytes are left over")] {
            let error = to_json(wrong).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        // Deeper than any value is.
        to_json(&[0x91; 100_000]).unwrap_err();
    }
}
