//! What a worker asks of the storages of its client, and what it is answered.
//!
//! Over one connection, one storage: the first message opens it, then requests follow, each after
//! the answer to the one before. Bodies of objects are the raw bodies of frames.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::message::{decode_head, encode};
use super::{Encoded, Frame, FrameError, StorageFailure, StorageLocation};
use crate::ports::{Access, ListPage, ObjectMeta, PutMode, StorageCapability};
use crate::secret::Secret;

/// From a worker.
#[derive(Clone, Debug, PartialEq)]
pub enum ToRelay {
    /// Which storage all that follows is about.
    Open {
        /// Version of the wire that the worker speaks.
        protocol: u32,
        /// The storage.
        location: StorageLocation,
    },
    /// What can the storage do?
    Capability,
    /// Store an object.
    Put {
        /// Its key.
        key: String,
        /// What to do if the key is taken.
        mode: PutMode,
        /// Its bytes.
        body: Bytes,
    },
    /// Store an object whose [pieces](Self::Piece) follow.
    PutStream {
        /// Its key.
        key: String,
    },
    /// Read an object whole.
    Get {
        /// Its key.
        key: String,
    },
    /// Read a range.
    GetRange {
        /// The object's key.
        key: String,
        /// Which bytes.
        range: Range<u64>,
    },
    /// Read an object, or a range of it, piece by piece.
    GetStream {
        /// Its key.
        key: String,
        /// Which bytes; all without it.
        range: Option<Range<u64>>,
    },
    /// Tell size and version.
    Head {
        /// The object's key.
        key: String,
    },
    /// List a page.
    List {
        /// How keys begin.
        prefix: String,
        /// The key that all of them come after.
        after: Option<String>,
    },
    /// Delete objects.
    Delete {
        /// Their keys.
        keys: Vec<String>,
    },
    /// Copy an object.
    Copy {
        /// Its key.
        from: String,
        /// The key of the copy.
        to: String,
    },
    /// Make an address for others.
    Presign {
        /// The object's key.
        key: String,
        /// What it is good for.
        access: Access,
        /// For how long.
        valid_for: Duration,
    },
    /// The next bytes of the stream that is being stored.
    Piece(Bytes),
    /// The stream that is being stored is whole.
    End,
    /// The stream that is being stored has failed: nothing is to be kept of it.
    Broken(StorageFailure),
}

/// From the client.
#[derive(Clone, Debug, PartialEq)]
pub enum FromRelay {
    /// The storage is open.
    Opened,
    /// The storage is not lent to workers.
    NotLent,
    /// It is done: put, delete, copy.
    Done,
    /// Answer to [`ToRelay::Capability`].
    Capability(StorageCapability),
    /// The bytes that were asked for.
    Body(Bytes),
    /// The stream is stored, and has this many bytes.
    Stored(u64),
    /// Answer to [`ToRelay::Head`].
    Meta(ObjectMeta),
    /// Answer to [`ToRelay::List`].
    Page(ListPage),
    /// Answer to [`ToRelay::Presign`]: who has it needs no other credential.
    Address(Secret),
    /// Answer to [`ToRelay::GetStream`]: pieces of this object follow.
    Stream(ObjectMeta),
    /// The next bytes of the stream that is being read.
    Piece(Bytes),
    /// The stream that is being read was whole.
    End,
    /// The request, or the stream that is being read, has failed.
    Failed(StorageFailure),
    /// No answer yet, but the client lives.
    Alive,
}

#[derive(Serialize, Deserialize)]
enum ToHead {
    Open(u32, StorageLocation),
    Capability,
    Put(String, #[serde(with = "ModeHead")] PutMode),
    PutStream(String),
    Get(String),
    GetRange(String, u64, u64),
    GetStream(String, Option<(u64, u64)>),
    Head(String),
    List(String, Option<String>),
    Delete(Vec<String>),
    Copy(String, String),
    Presign(String, #[serde(with = "AccessHead")] Access, Duration),
    Piece,
    End,
    Broken(StorageFailure),
}

#[derive(Serialize, Deserialize)]
enum FromHead {
    Opened,
    NotLent,
    Done,
    Capability(#[serde(with = "CapabilityHead")] StorageCapability),
    Body,
    Stored(u64),
    Meta(MetaHead),
    Page(Vec<MetaHead>, bool),
    Address(String),
    Stream(MetaHead),
    Piece,
    End,
    Failed(StorageFailure),
    Alive,
}

/// Key, size, version.
type MetaHead = (String, u64, Option<String>);

#[derive(Serialize, Deserialize)]
#[serde(remote = "PutMode")]
enum ModeHead {
    Overwrite,
    Create,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Access")]
enum AccessHead {
    Read,
    Write,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "StorageCapability")]
struct CapabilityHead {
    create_if_absent: bool,
    presign: bool,
    write_and_list: bool,
}

fn meta_head(meta: ObjectMeta) -> MetaHead {
    (meta.key, meta.size, meta.version)
}

fn meta((key, size, version): MetaHead) -> ObjectMeta {
    ObjectMeta { key, size, version, modified: None }
}

impl ToRelay {
    /// The message's bytes.
    pub fn encode(self) -> Encoded {
        let mut body = Vec::new();
        let head = match self {
            Self::Open { protocol, location } => ToHead::Open(protocol, location),
            Self::Capability => ToHead::Capability,
            Self::Put { key, mode, body: bytes } => {
                body.push(bytes);
                ToHead::Put(key, mode)
            }
            Self::PutStream { key } => ToHead::PutStream(key),
            Self::Get { key } => ToHead::Get(key),
            Self::GetRange { key, range } => ToHead::GetRange(key, range.start, range.end),
            Self::GetStream { key, range } => {
                ToHead::GetStream(key, range.map(|range| (range.start, range.end)))
            }
            Self::Head { key } => ToHead::Head(key),
            Self::List { prefix, after } => ToHead::List(prefix, after),
            Self::Delete { keys } => ToHead::Delete(keys),
            Self::Copy { from, to } => ToHead::Copy(from, to),
            Self::Presign { key, access, valid_for } => ToHead::Presign(key, access, valid_for),
            Self::Piece(bytes) => {
                body.push(bytes);
                ToHead::Piece
            }
            Self::End => ToHead::End,
            Self::Broken(failure) => ToHead::Broken(failure),
        };
        encode(&head, body)
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`FrameError::Head`] if it is none; [`FrameError::Body`] if it has a body that it should not
    /// have.
    pub fn decode(frame: Frame) -> Result<Self, FrameError> {
        let body = frame.body;
        let head = decode_head(&frame.head)?;
        if !body.is_empty() && !matches!(head, ToHead::Put(..) | ToHead::Piece) {
            return Err(FrameError::Body);
        }
        Ok(match head {
            ToHead::Open(protocol, location) => Self::Open { protocol, location },
            ToHead::Capability => Self::Capability,
            ToHead::Put(key, mode) => Self::Put { key, mode, body },
            ToHead::PutStream(key) => Self::PutStream { key },
            ToHead::Get(key) => Self::Get { key },
            ToHead::GetRange(key, start, end) => Self::GetRange { key, range: start..end },
            ToHead::GetStream(key, range) => {
                Self::GetStream { key, range: range.map(|(start, end)| start..end) }
            }
            ToHead::Head(key) => Self::Head { key },
            ToHead::List(prefix, after) => Self::List { prefix, after },
            ToHead::Delete(keys) => Self::Delete { keys },
            ToHead::Copy(from, to) => Self::Copy { from, to },
            ToHead::Presign(key, access, valid_for) => Self::Presign { key, access, valid_for },
            ToHead::Piece => Self::Piece(body),
            ToHead::End => Self::End,
            ToHead::Broken(failure) => Self::Broken(failure),
        })
    }
}

impl FromRelay {
    /// The message's bytes.
    pub fn encode(self) -> Encoded {
        let mut body = Vec::new();
        let head = match self {
            Self::Opened => FromHead::Opened,
            Self::NotLent => FromHead::NotLent,
            Self::Done => FromHead::Done,
            Self::Capability(capability) => FromHead::Capability(capability),
            Self::Body(bytes) => {
                body.push(bytes);
                FromHead::Body
            }
            Self::Stored(size) => FromHead::Stored(size),
            Self::Meta(meta) => FromHead::Meta(meta_head(meta)),
            Self::Page(page) => {
                FromHead::Page(page.objects.into_iter().map(meta_head).collect(), page.more)
            }
            Self::Address(address) => FromHead::Address(address.expose().to_owned()),
            Self::Stream(meta) => FromHead::Stream(meta_head(meta)),
            Self::Piece(bytes) => {
                body.push(bytes);
                FromHead::Piece
            }
            Self::End => FromHead::End,
            Self::Failed(failure) => FromHead::Failed(failure),
            Self::Alive => FromHead::Alive,
        };
        encode(&head, body)
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`FrameError::Head`] if it is none; [`FrameError::Body`] if it has a body that it should not
    /// have.
    pub fn decode(frame: Frame) -> Result<Self, FrameError> {
        let body = frame.body;
        let head = decode_head(&frame.head)?;
        if !body.is_empty() && !matches!(head, FromHead::Body | FromHead::Piece) {
            return Err(FrameError::Body);
        }
        Ok(match head {
            FromHead::Opened => Self::Opened,
            FromHead::NotLent => Self::NotLent,
            FromHead::Done => Self::Done,
            FromHead::Capability(capability) => Self::Capability(capability),
            FromHead::Body => Self::Body(body),
            FromHead::Stored(size) => Self::Stored(size),
            FromHead::Meta(head) => Self::Meta(meta(head)),
            FromHead::Page(objects, more) => {
                Self::Page(ListPage { objects: objects.into_iter().map(meta).collect(), more })
            }
            FromHead::Address(address) => Self::Address(Secret::new(address)),
            FromHead::Stream(head) => Self::Stream(meta(head)),
            FromHead::Piece => Self::Piece(body),
            FromHead::End => Self::End,
            FromHead::Failed(failure) => Self::Failed(failure),
            FromHead::Alive => Self::Alive,
        })
    }
}
