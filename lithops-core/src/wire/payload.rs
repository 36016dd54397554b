//! A value on its way: in the message itself, or as a reference to storage.

use std::ops::Range;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{CallError, Digest};

/// An encoded value, or where to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The bytes themselves.
    Inline(Bytes),
    /// Bytes of an object in the job's storage.
    Stored(Box<ObjectRef>),
}

/// A range of bytes in an object of the job's storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectRef {
    /// The object's key.
    pub key: String,
    /// First byte.
    pub offset: u64,
    /// Length in bytes.
    pub len: u64,
    /// Of these bytes, by whoever has written them.
    pub digest: Digest,
}

impl ObjectRef {
    /// Refers to the object `key` that holds `bytes` and nothing else.
    pub fn whole(key: String, bytes: &[u8]) -> Self {
        Self { key, offset: 0, len: bytes.len() as u64, digest: Digest::of(bytes) }
    }

    /// Which bytes of the object are meant.
    ///
    /// # Errors
    /// [`CallError::Replaced`] if no object has so many.
    pub fn range(&self) -> Result<Range<u64>, CallError> {
        let end = self.offset.checked_add(self.len).ok_or_else(|| self.replaced())?;
        Ok(self.offset..end)
    }

    /// What a call is told whose bytes are not those that were written.
    pub fn replaced(&self) -> CallError {
        CallError::Replaced { key: self.key.clone() }
    }
}

impl Payload {
    /// Size of the value in bytes, wherever it is.
    pub fn len(&self) -> u64 {
        match self {
            Self::Inline(bytes) => bytes.len() as u64,
            Self::Stored(object) => object.len,
        }
    }

    /// Whether the value has no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a frame's head says of a payload: inline bytes stand in the body, in the order of the head.
#[derive(Serialize, Deserialize)]
pub(super) enum PayloadHead {
    Inline(u64),
    Stored(ObjectRef),
}

impl PayloadHead {
    /// Splits a payload into its head and the bytes that go to the body.
    pub(super) fn split(payload: &Payload, body: &mut Vec<Bytes>) -> Self {
        match payload {
            Payload::Inline(bytes) => {
                if !bytes.is_empty() {
                    body.push(bytes.clone());
                }
                Self::Inline(bytes.len() as u64)
            }
            Payload::Stored(object) => Self::Stored(object.as_ref().clone()),
        }
    }

    /// Takes the payload's bytes from the front of `body`; `None` if the body is too short.
    pub(super) fn join(self, body: &mut Bytes) -> Option<Payload> {
        match self {
            Self::Inline(len) => {
                let len = usize::try_from(len).ok().filter(|len| *len <= body.len())?;
                // Taking the whole keeps the buffer unshared, so that a `Vec` can be had of it
                // without a copy.
                let bytes =
                    if len == body.len() { std::mem::take(body) } else { body.split_to(len) };
                Some(Payload::Inline(bytes))
            }
            Self::Stored(object) => Some(Payload::Stored(Box::new(object))),
        }
    }
}
