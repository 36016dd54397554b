//! Making requests fail, late, or unacknowledged.

mod plan;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageErrorKind, StorageLocation,
};

use super::Verb;
use plan::Effect;
pub use plan::Fault;

/// A storage whose requests go wrong as planned.
///
/// ```
/// use std::sync::Arc;
/// use lithops_core::ports::{PutMode, StorageBackend, StorageErrorKind};
/// use lithops_storage::MemoryStorage;
/// use lithops_storage::layers::{Fault, FaultyStorage, Verb};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lithops_core::ports::StorageError> {
/// let storage = FaultyStorage::new(Arc::new(MemoryStorage::new()))
///     .with(Fault::lost_acknowledgement(Verb::Put).only(1..=1));
///
/// let error = storage.put("a", "1".into(), PutMode::Create).await.unwrap_err();
/// assert_eq!(error.kind, StorageErrorKind::Unavailable);
/// let error = storage.put("a", "1".into(), PutMode::Create).await.unwrap_err();
/// assert_eq!(error.kind, StorageErrorKind::AlreadyExists);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FaultyStorage {
    inner: Arc<dyn StorageBackend>,
    faults: Vec<Fault>,
}

impl FaultyStorage {
    /// Wraps `inner`; nothing goes wrong until [`with`](Self::with) plans it.
    pub fn new(inner: Arc<dyn StorageBackend>) -> Self {
        Self { inner, faults: Vec::new() }
    }

    /// Plans one fault; those planned first come first.
    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Does `request` with the faults that are due for it.
    async fn perform<T>(
        &self,
        verb: Verb,
        keys: &[&str],
        request: BoxFuture<'_, Result<T, StorageError>>,
    ) -> Result<T, StorageError> {
        // Each fault counts each request, whatever the others do to it.
        let due: Vec<_> = self.faults.iter().filter_map(|fault| fault.due(verb, keys)).collect();
        let failure = |kind| StorageError {
            kind,
            store: "faulty",
            operation: verb.name(),
            key: keys.first().copied().unwrap_or_default().to_owned(),
            source: Some("a planned fault".into()),
        };
        let mut acknowledged = true;
        for effect in due {
            match effect {
                Effect::Delay(delay) => tokio::time::sleep(delay).await,
                Effect::Fail(kind) => return Err(failure(kind)),
                Effect::LoseAcknowledgement => acknowledged = false,
            }
        }
        let answer = request.await?;
        if acknowledged { Ok(answer) } else { Err(failure(StorageErrorKind::Unavailable)) }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl StorageBackend for FaultyStorage {
    fn location(&self) -> StorageLocation {
        self.inner.location()
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        self.inner.capability().await
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        self.perform(Verb::Put, &[key], self.inner.put(key, body, mode)).await
    }

    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError> {
        self.perform(Verb::PutStream, &[key], self.inner.put_stream(key, body)).await
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        self.perform(Verb::Get, &[key], self.inner.get(key)).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        self.perform(Verb::GetRange, &[key], self.inner.get_range(key, range)).await
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        self.perform(Verb::GetStream, &[key], self.inner.get_stream(key, range)).await
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        self.perform(Verb::Head, &[key], self.inner.head(key)).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        self.perform(Verb::List, &[prefix], self.inner.list(prefix, after)).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        let names: Vec<_> = keys.iter().map(String::as_str).collect();
        self.perform(Verb::Delete, &names, self.inner.delete(keys)).await
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        self.perform(Verb::Copy, &[from, to], self.inner.copy(from, to)).await
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
