//! Counting requests and bytes.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageLocation,
};

use super::Verb;

/// A storage that counts what is asked of it; clones share the counts.
///
/// ```
/// use std::sync::Arc;
/// use lithops_core::ports::{PutMode, StorageBackend};
/// use lithops_storage::MemoryStorage;
/// use lithops_storage::layers::{CountingStorage, Verb};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lithops_core::ports::StorageError> {
/// let storage = CountingStorage::new(Arc::new(MemoryStorage::new()));
/// storage.put("a", "four".into(), PutMode::Overwrite).await?;
///
/// let counts = storage.counts();
/// assert_eq!(counts.of(Verb::Put), 1);
/// assert_eq!(counts.total(), 1);
/// assert_eq!(counts.bytes_in, 4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CountingStorage {
    inner: Arc<dyn StorageBackend>,
    counters: Arc<Counters>,
}

/// What a [`CountingStorage`] counted up to one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestCounts {
    requests: [u64; Verb::ALL.len()],
    /// Bytes of objects that went into the storage.
    pub bytes_in: u64,
    /// Bytes of objects that came out of it.
    pub bytes_out: u64,
}

#[derive(Debug, Default)]
struct Counters {
    requests: [AtomicU64; Verb::ALL.len()],
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl CountingStorage {
    /// Counts the requests to `inner` from now on, also those that fail.
    pub fn new(inner: Arc<dyn StorageBackend>) -> Self {
        Self { inner, counters: Arc::default() }
    }

    /// Tells what was counted so far.
    pub fn counts(&self) -> RequestCounts {
        RequestCounts {
            requests: self.counters.requests.each_ref().map(|count| count.load(Relaxed)),
            bytes_in: self.counters.bytes_in.load(Relaxed),
            bytes_out: self.counters.bytes_out.load(Relaxed),
        }
    }

    fn requested(&self, verb: Verb) {
        self.counters.requests[verb as usize].fetch_add(1, Relaxed);
    }

    fn received(&self, body: Bytes) -> Bytes {
        self.counters.bytes_out.fetch_add(body.len() as u64, Relaxed);
        body
    }
}

impl RequestCounts {
    /// The number of requests of one kind.
    pub fn of(&self, verb: Verb) -> u64 {
        self.requests[verb as usize]
    }

    /// The number of requests of all kinds.
    pub fn total(&self) -> u64 {
        self.requests.iter().sum()
    }

    /// What was counted between `earlier` and this.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            requests: std::array::from_fn(|verb| self.requests[verb] - earlier.requests[verb]),
            bytes_in: self.bytes_in - earlier.bytes_in,
            bytes_out: self.bytes_out - earlier.bytes_out,
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl StorageBackend for CountingStorage {
    fn location(&self) -> StorageLocation {
        self.inner.location()
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        self.inner.capability().await
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        self.requested(Verb::Put);
        let size = body.len() as u64;
        self.inner.put(key, body, mode).await?;
        self.counters.bytes_in.fetch_add(size, Relaxed);
        Ok(())
    }

    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError> {
        self.requested(Verb::PutStream);
        let size = self.inner.put_stream(key, body).await?;
        self.counters.bytes_in.fetch_add(size, Relaxed);
        Ok(size)
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        self.requested(Verb::Get);
        Ok(self.received(self.inner.get(key).await?))
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        self.requested(Verb::GetRange);
        Ok(self.received(self.inner.get_range(key, range).await?))
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        self.requested(Verb::GetStream);
        let ObjectStream { meta, body } = self.inner.get_stream(key, range).await?;
        let counting = self.clone();
        let body = body.map(move |piece| piece.map(|piece| counting.received(piece))).boxed();
        Ok(ObjectStream { meta, body })
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        self.requested(Verb::Head);
        self.inner.head(key).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        self.requested(Verb::List);
        self.inner.list(prefix, after).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        self.requested(Verb::Delete);
        self.inner.delete(keys).await
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        self.requested(Verb::Copy);
        self.inner.copy(from, to).await
    }

    async fn presign(
        &self,
        key: &str,
        access: Access,
        valid_for: Duration,
    ) -> Result<String, StorageError> {
        self.inner.presign(key, access, valid_for).await
    }
}
