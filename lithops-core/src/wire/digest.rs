//! What tells an object that was written from one that was put in its place.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// The SHA-256 of the bytes of an object.
///
/// It goes with the reference to the object, not with the object: who may write to the bucket can
/// put other bytes there, but none that have the same digest.
///
/// ```
/// use lithops_core::wire::ContentDigest;
///
/// let digest = ContentDigest::of(b"lithops");
/// assert!(digest.to_string().starts_with("ed684dbde091ac43"));
/// assert_ne!(digest, ContentDigest::of(b"lithop"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentDigest([u8; 32]);

impl ContentDigest {
    /// The digest of these bytes: about 0.5 ms a MiB where the processor has instructions for it,
    /// about 3 ms where it has none.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentDigest({self})")
    }
}

impl Serialize for ContentDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // As bytes: MessagePack would write most numbers of an array in two.
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for ContentDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes32;

        impl Visitor<'_> for Bytes32 {
            type Value = ContentDigest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the 32 bytes of a SHA-256")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<ContentDigest, E> {
                let whole = bytes.try_into();
                whole.map(ContentDigest).map_err(|_| E::invalid_length(bytes.len(), &self))
            }
        }

        deserializer.deserialize_bytes(Bytes32)
    }
}
