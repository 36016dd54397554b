//! Objects of users' storages, whole and in part, as calls take and give them.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::StorageLocation;

/// An object in some storage, as it was when it was seen.
///
/// What reads and writes it stands in [`data`](crate::data). Holds no secret: whoever reads it finds
/// credentials in its own surroundings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    /// Where it is.
    pub storage: StorageLocation,
    /// Its key there.
    pub key: String,
    /// Its size in bytes; [`UNKNOWN_SIZE`](crate::ports::ObjectMeta::UNKNOWN_SIZE) where the store
    /// does not tell it.
    pub size: u64,
    /// What is another when its bytes are others.
    pub version: Option<String>,
}

/// A part of an object: all records that begin in a range of its bytes.
///
/// The parts of an object, put together, are the object, and each record is in exactly one of them,
/// whatever its length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectPart {
    /// The object.
    pub object: StoredObject,
    /// Its place among the parts of the object, from 0.
    pub index: u32,
    /// How many parts the object has.
    pub parts: u32,
    pub(crate) records: Records,
    pub(crate) packing: Packing,
    pub(crate) extent: Extent,
}

/// How an object divides into records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Records {
    /// Not at all: parts are exact ranges of bytes.
    Bytes,
    /// Lines that end in `\n`, or `\r\n`; the last one need not.
    Lines,
    /// Records that end in these bytes; the last one need not.
    Delimited(Vec<u8>),
    /// Rows of comma-separated values, in which a quoted field may hold line breaks.
    Csv {
        /// What separates fields: `,` as a rule.
        separator: u8,
        /// What quotes a field: `"` as a rule. Doubled, it stands for itself.
        quote: u8,
    },
    /// Records of this many bytes.
    Fixed(u64),
    /// FASTA: a record is a line that begins with `>` and all lines up to the next.
    Fasta,
    /// FASTQ with four lines a record.
    Fastq,
}

/// How an object's bytes are packed; ranges are those of the unpacked bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// As gzip; one that is made of independent blocks (BGZF) can be read from any of them.
    Gzip,
}

/// Which bytes, in terms of the unpacked object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Extent {
    /// All of them, however many.
    Whole,
    /// The records that begin in a range.
    Range {
        start: u64,
        end: u64,
        /// Size of the whole, unpacked.
        size: u64,
        /// What the reader of records is in the middle of at `start`, and at `end`.
        entry: u32,
        exit: u32,
        /// A block to begin unpacking at: its place in the packed and in the unpacked object.
        block: Option<(u64, u64)>,
    },
}

/// Where a packed object can be unpacked from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Blocks {
    /// Size of the unpacked object.
    pub(crate) unpacked: u64,
    /// Beginnings of blocks, in order: the place in the packed and in the unpacked object.
    pub(crate) starts: Vec<(u64, u64)>,
}

/// A value that lies in storage, of a type that both sides know.
///
/// One call gives it as its result, another takes it as its argument, and the value itself goes from
/// worker to storage to worker. It stays until it is [deleted](Self::delete).
#[derive(Serialize, Deserialize)]
#[serde(bound = "", transparent)]
pub struct CloudObject<T> {
    pub(crate) object: StoredObject,
    #[serde(skip)]
    value: PhantomData<fn() -> T>,
}

impl<T> CloudObject<T> {
    pub(crate) fn new(object: StoredObject) -> Self {
        Self { object, value: PhantomData }
    }
}

impl<T> Clone for CloudObject<T> {
    fn clone(&self) -> Self {
        Self::new(self.object.clone())
    }
}

impl<T> PartialEq for CloudObject<T> {
    fn eq(&self, other: &Self) -> bool {
        self.object == other.object
    }
}

impl<T> std::fmt::Debug for CloudObject<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CloudObject").field(&self.object.key).finish()
    }
}
