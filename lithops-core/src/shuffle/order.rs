//! How keys compare without being decoded.

use std::any::{Any, TypeId};
use std::cmp::Ordering;

use bytes::Bytes;

/// What decides the order of two keys of equal prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyOrder {
    /// Their encoded bytes: text and bytes are ordered as they are encoded.
    Bytes,
    /// Nothing: a number is its prefix.
    Exact,
    /// The keys themselves.
    Decoded,
}

impl KeyOrder {
    /// The order of keys of type `K`.
    pub(super) fn of<K: 'static>() -> Self {
        let key = TypeId::of::<K>();
        let among = |types: &[TypeId]| types.contains(&key);
        if among(&[TypeId::of::<String>(), TypeId::of::<Vec<u8>>(), TypeId::of::<Bytes>()]) {
            Self::Bytes
        } else if among(&[
            TypeId::of::<u8>(),
            TypeId::of::<u16>(),
            TypeId::of::<u32>(),
            TypeId::of::<u64>(),
            TypeId::of::<usize>(),
            TypeId::of::<i8>(),
            TypeId::of::<i16>(),
            TypeId::of::<i32>(),
            TypeId::of::<i64>(),
            TypeId::of::<isize>(),
        ]) {
            Self::Exact
        } else {
            Self::Decoded
        }
    }
}

/// A number that is less for a lesser key, or equal: most comparisons need no more.
pub(super) fn prefix<K: 'static>(key: &K, encoded: &[u8]) -> u64 {
    let key = key as &dyn Any;
    macro_rules! numbers {
        ($($unsigned:ty),*; $($signed:ty),*) => {
            $(if let Some(number) = key.downcast_ref::<$unsigned>() {
                return *number as u64;
            })*
            // Negative numbers come first once the sign bit is turned around.
            $(if let Some(number) = key.downcast_ref::<$signed>() {
                return *number as i64 as u64 ^ (1 << 63);
            })*
        };
    }
    numbers!(u8, u16, u32, u64, usize; i8, i16, i32, i64, isize);
    if KeyOrder::of_value(key) == KeyOrder::Bytes { prefix_of_bytes(encoded) } else { 0 }
}

impl KeyOrder {
    fn of_value(key: &dyn Any) -> Self {
        let bytes = key.is::<String>() || key.is::<Vec<u8>>() || key.is::<Bytes>();
        if bytes { Self::Bytes } else { Self::Decoded }
    }
}

/// The first eight bytes; shorter keys are filled up with zeros.
pub(super) fn prefix_of_bytes(encoded: &[u8]) -> u64 {
    match encoded.first_chunk::<8>() {
        Some(first) => u64::from_be_bytes(*first),
        None => {
            let mut first = [0; 8];
            first[..encoded.len()].copy_from_slice(encoded);
            u64::from_be_bytes(first)
        }
    }
}

/// A key to compare: its prefix, its bytes, and itself where those do not decide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparable<'a, K> {
    pub(super) prefix: u64,
    pub(super) encoded: &'a [u8],
    pub(super) decoded: Option<&'a K>,
}

impl<K: Ord + 'static> Comparable<'_, K> {
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| match KeyOrder::of::<K>() {
            KeyOrder::Bytes => self.encoded.cmp(other.encoded),
            KeyOrder::Exact => Ordering::Equal,
            KeyOrder::Decoded => self.decoded.cmp(&other.decoded),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds<K: Ord + Clone + 'static>(a: &K, b: &K, bytes: impl Fn(&K) -> Vec<u8>) -> bool {
        let (x, y) = (bytes(a), bytes(b));
        let of = |key, encoded| Comparable { prefix: prefix(key, encoded), encoded, decoded: None };
        KeyOrder::of::<K>() != KeyOrder::Decoded
            && of(a, x.as_slice()).compare(&Comparable::<K> {
                prefix: prefix(b, &y),
                encoded: &y,
                decoded: None,
            }) == a.cmp(b)
    }

    proptest! {
        #[test]
        fn text_numbers_and_bytes_are_ordered_without_being_decoded(
            a in "[a-c\\x00]{0,10}", b in "[a-c\\x00]{0,10}", x in any::<i64>(), y in any::<i64>(),
        ) {
            prop_assert!(holds(&a, &b, |text| text.as_bytes().to_vec()));
            let bytes = |text: &String| Bytes::from(text.clone());
            prop_assert!(holds(&bytes(&a), &bytes(&b), |bytes| bytes.to_vec()));
            prop_assert!(holds(&x, &y, |_| Vec::new()));
            prop_assert!(holds(&(x as u64), &(y as u64), |_| Vec::new()));
            prop_assert!(holds(&(x as i8), &(y as i8), |_| Vec::new()));
        }
    }
}
