//! Bounding how many requests are under way.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageErrorKind, StorageLocation,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A storage that is asked at most so many things at once; the rest wait their turn, first come,
/// first served.
///
/// A stream that is read counts until it is dropped, one that is written until it is stored. What
/// is copied through this process from the storage to itself counts twice, and never ends if only
/// one is allowed. Clones share their bound.
///
/// ```
/// use std::sync::Arc;
/// use lithops_core::ports::StorageBackend;
/// use lithops_storage::MemoryStorage;
/// use lithops_storage::layers::LimitedStorage;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lithops_core::ports::StorageError> {
/// let storage = LimitedStorage::new(Arc::new(MemoryStorage::new()), 16);
/// assert_eq!(storage.list("", None).await?.objects, []);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LimitedStorage {
    inner: Arc<dyn StorageBackend>,
    free: Arc<Semaphore>,
}

impl LimitedStorage {
    /// Wraps `inner`; 0 requests at once count as 1.
    pub fn new(inner: Arc<dyn StorageBackend>, at_once: usize) -> Self {
        let at_once = at_once.clamp(1, Semaphore::MAX_PERMITS);
        Self { inner, free: Arc::new(Semaphore::new(at_once)) }
    }

    async fn permit(
        &self,
        operation: &'static str,
        key: &str,
    ) -> Result<OwnedSemaphorePermit, StorageError> {
        let permit = Arc::clone(&self.free).acquire_owned().await;
        // Nobody closes it, so this does not happen.
        permit.map_err(|error| StorageError {
            kind: StorageErrorKind::Unavailable,
            store: "limited",
            operation,
            key: key.to_owned(),
            source: Some(Box::new(error)),
        })
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl StorageBackend for LimitedStorage {
    fn location(&self) -> StorageLocation {
        self.inner.location()
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        let _permit = self.permit("capability", "").await?;
        self.inner.capability().await
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        let _permit = self.permit("put", key).await?;
        self.inner.put(key, body, mode).await
    }

    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError> {
        let _permit = self.permit("put_stream", key).await?;
        self.inner.put_stream(key, body).await
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        let _permit = self.permit("get", key).await?;
        self.inner.get(key).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        let _permit = self.permit("get_range", key).await?;
        self.inner.get_range(key, range).await
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        let permit = self.permit("get_stream", key).await?;
        let ObjectStream { meta, body } = self.inner.get_stream(key, range).await?;
        let body = body.inspect(move |_| {
            // Moved in here, so that it goes with the stream.
            let _ = &permit;
        });
        Ok(ObjectStream { meta, body: body.boxed() })
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        let _permit = self.permit("head", key).await?;
        self.inner.head(key).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        let _permit = self.permit("list", prefix).await?;
        self.inner.list(prefix, after).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        let _permit = self.permit("delete", keys.first().map_or("", String::as_str)).await?;
        self.inner.delete(keys).await
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        let _permit = self.permit("copy", from).await?;
        self.inner.copy(from, to).await
    }

    async fn presign(
        &self,
        key: &str,
        access: Access,
        valid_for: Duration,
    ) -> Result<String, StorageError> {
        // Asks nobody.
        self.inner.presign(key, access, valid_for).await
    }
}
