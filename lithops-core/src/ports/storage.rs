//! Where jobs keep their data: the port that object stores implement.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

pub use crate::wire::StorageLocation;

/// The bytes of an object, as they arrive or leave.
pub type ByteStream = BoxStream<'static, Result<Bytes, StorageError>>;

/// A place for objects: one bucket, folder or table of one provider.
///
/// Only what a provider must get right stands here. Keys are `/`-separated UTF-8 without a leading
/// slash; listings come in the byte order of keys. Every method may be cancelled by dropping its
/// future: a `put` so cancelled either happened whole or not at all.
#[async_trait]
pub trait StorageBackend: Send + Sync + fmt::Debug {
    /// Tells how another process opens the same place.
    ///
    /// Holds no secret: a worker finds credentials in its own surroundings.
    fn location(&self) -> StorageLocation;

    /// Tells what this place can do beyond the rest of this trait.
    ///
    /// May ask the store once, by a probe that it cleans up after; the answer is kept.
    ///
    /// # Errors
    /// [`StorageError`] if the probe fails for another reason than what it asks for.
    async fn capability(&self) -> Result<StorageCapability, StorageError>;

    /// Stores `body` under `key`, whole or not at all.
    ///
    /// # Errors
    /// [`StorageErrorKind::AlreadyExists`] if `mode` is [`PutMode::Create`] and the key is taken;
    /// [`StorageErrorKind::Unsupported`] if the place can't create so
    /// ([`StorageCapability::create_if_absent`]) and says it.
    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError>;

    /// Stores a stream under `key` with memory bounded by one part, whole or not at all.
    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError>;

    /// Reads an object whole.
    ///
    /// # Errors
    /// [`StorageErrorKind::NotFound`] if there is none.
    async fn get(&self, key: &str) -> Result<Bytes, StorageError>;

    /// Reads the bytes of `range`, which must lie inside the object.
    ///
    /// # Errors
    /// [`StorageErrorKind::NotFound`], or [`StorageErrorKind::InvalidRange`] if `range` reaches
    /// past the end: a short answer is never given in silence.
    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError>;

    /// Reads an object, or the bytes of `range`, as a stream with memory bounded by one part.
    ///
    /// The answer tells which object it is of: who compares its version with one seen before knows
    /// whether the object has changed since. Dropping the stream ends the request.
    ///
    /// # Errors
    /// As [`get_range`](Self::get_range).
    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError>;

    /// Tells an object's size and version without reading it.
    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError>;

    /// Lists the keys that start with `prefix` (any string, not only whole segments) and sort after
    /// `after`, in key order, at most [`ListPage::MAX`] at once.
    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError>;

    /// Deletes objects; a key that does not exist is not an error.
    async fn delete(&self, keys: &[String]) -> Result<(), StorageError>;

    /// Copies an object inside this place, replacing what was at `to`.
    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError>;

    /// Makes an address by which whoever has it may read or write one object for a while, with no
    /// credential of their own. Asks nobody; the object need not exist.
    ///
    /// # Errors
    /// [`StorageErrorKind::Unsupported`] if the store knows no such addresses
    /// ([`StorageCapability::presign`]), [`StorageErrorKind::Denied`] if it keeps them from this caller.
    async fn presign(
        &self,
        key: &str,
        access: Access,
        valid_for: Duration,
    ) -> Result<String, StorageError>;
}

/// What a place can do beyond what every storage does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageCapability {
    /// Of several creators of one key ([`PutMode::Create`]) exactly one wins. Some stores refuse
    /// such a request; others take it, and overwrite.
    pub create_if_absent: bool,
    /// It gives addresses for others ([`presign`](StorageBackend::presign)).
    pub presign: bool,
    /// It can be written to and listed; a web server can't.
    pub write_and_list: bool,
}

/// What an address made by [`presign`](StorageBackend::presign) is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading the object, by HTTP `GET`.
    Read,
    /// Writing it, by HTTP `PUT`.
    Write,
}

/// An object, or a range of it, on its way.
pub struct ObjectStream {
    /// The whole object, whatever the range.
    pub meta: ObjectMeta,
    /// Its bytes.
    pub body: ByteStream,
}

impl fmt::Debug for ObjectStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStream").field("meta", &self.meta).finish_non_exhaustive()
    }
}

/// What a [`put`](StorageBackend::put) does when the key is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutMode {
    /// Replace what was there.
    Overwrite,
    /// Fail with [`StorageErrorKind::AlreadyExists`]; of several creators exactly one wins.
    Create,
}

/// Size and version of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectMeta {
    /// The object's key.
    pub key: String,
    /// Its size in bytes; [`UNKNOWN_SIZE`](Self::UNKNOWN_SIZE) where the store does not tell it.
    pub size: u64,
    /// What is another whenever the object's bytes are others: an `ETag`, or what a file system
    /// knows. `None` where the store tells nothing of the kind.
    pub version: Option<String>,
    /// When it was last written, in seconds since 1970 by the store's clock. `None` where the store
    /// does not tell it, and behind a relay.
    pub modified: Option<u64>,
}

impl ObjectMeta {
    /// The size of an object whose store does not tell it, as some web servers.
    pub const UNKNOWN_SIZE: u64 = u64::MAX;
}

/// One page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// Objects in key order.
    pub objects: Vec<ObjectMeta>,
    /// Whether a further page follows: ask again with the last key as `after`.
    pub more: bool,
}

impl ListPage {
    /// The most objects a page holds.
    pub const MAX: usize = 1000;

    /// The key to ask for the next page after, where this one was asked for after `after`; `None` if
    /// this was the last.
    ///
    /// # Errors
    /// [`Unavailable`](StorageErrorKind::Unavailable) if more are said to follow and none is named:
    /// asking again would never end.
    pub fn next_after(
        &self,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<Option<String>, StorageError> {
        if !self.more {
            return Ok(None);
        }
        match self.objects.last() {
            Some(last) if after.is_none_or(|after| after < last.key.as_str()) => {
                Ok(Some(last.key.clone()))
            }
            _ => Err(StorageError {
                kind: StorageErrorKind::Unavailable,
                store: "listing",
                operation: "list",
                key: prefix.to_owned(),
                source: Some("the store says that more keys follow, and names none".into()),
            }),
        }
    }
}

/// A storage request that did not succeed.
#[derive(Debug, thiserror::Error)]
#[error("{store}: {operation} {key:?} failed: {kind}{}", detail(.source))]
pub struct StorageError {
    /// What happened.
    pub kind: StorageErrorKind,
    /// The provider's name.
    pub store: &'static str,
    /// The method that failed.
    pub operation: &'static str,
    /// The key, prefix or place it was about.
    pub key: String,
    /// The provider's own error.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Why a storage request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageErrorKind {
    /// There is no such object.
    #[error("no such object")]
    NotFound,
    /// The key is taken and the request was to create it.
    #[error("the object exists already")]
    AlreadyExists,
    /// There is no such bucket, folder or server.
    #[error("there is no such place")]
    NoPlace,
    /// The object is not the one that was seen before.
    #[error("the object has changed since it was listed")]
    Changed,
    /// The store has no room left.
    #[error("the store is full")]
    Full,
    /// The range reaches past the end of the object.
    #[error("the range lies outside the object")]
    InvalidRange,
    /// The key can't be used in this store.
    #[error("the key can't be used here")]
    InvalidKey,
    /// The store refused the caller.
    #[error("access denied")]
    Denied,
    /// The store could not be reached or was busy; the same request may succeed later.
    #[error("the store did not answer as it should")]
    Unavailable,
    /// This store, or this build, can't do that.
    #[error("not possible here")]
    Unsupported,
}

impl StorageError {
    /// Whether the same request may succeed if tried again.
    pub fn is_retryable(&self) -> bool {
        self.kind == StorageErrorKind::Unavailable
    }
}

fn detail(source: &Option<Box<dyn std::error::Error + Send + Sync>>) -> String {
    source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default()
}
