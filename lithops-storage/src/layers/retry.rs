//! Asking again where nobody can know why a request failed.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageErrorKind, StorageLocation,
};

/// A storage whose requests are made again if they fail for no reason of their own
/// ([`StorageError::is_retryable`]).
///
/// Between two tries it waits: each time twice as long as before, and each time by chance somewhat
/// less, so that many workers do not come back at the same moment. It is made for storages that do
/// not do so by themselves: those of clouds do.
///
/// Not everything can be asked again:
/// - [`put_stream`](StorageBackend::put_stream) is tried once, since its bytes are gone then.
/// - A stream that breaks off fails; only its beginning is tried again.
/// - [`PutMode::Create`]: if a try had no answer, it may have created the object. When a later try
///   finds it there, nobody can tell whose it is, and the error stays
///   [`StorageErrorKind::Unavailable`] and says so, never `AlreadyExists`.
///
/// ```
/// use std::sync::Arc;
/// use lithops_core::ports::{PutMode, StorageBackend, StorageErrorKind};
/// use lithops_storage::MemoryStorage;
/// use lithops_storage::layers::{Fault, FaultyStorage, RetryingStorage, Verb};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), lithops_core::ports::StorageError> {
/// let storage = FaultyStorage::new(Arc::new(MemoryStorage::new()))
///     .with(Fault::failure(Verb::Put, StorageErrorKind::Unavailable).only(1..=2));
/// let storage = RetryingStorage::new(Arc::new(storage));
/// storage.put("a", "1".into(), PutMode::Overwrite).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RetryingStorage {
    inner: Arc<dyn StorageBackend>,
    attempts: u32,
    first_wait: Duration,
    longest_wait: Duration,
    even: bool,
}

impl RetryingStorage {
    /// Wraps `inner`: five tries, the second a tenth of a second after the first.
    pub fn new(inner: Arc<dyn StorageBackend>) -> Self {
        let (first_wait, longest_wait) = (Duration::from_millis(100), Duration::from_secs(10));
        Self { inner, attempts: 5, first_wait, longest_wait, even: false }
    }

    /// Sets how often a request is made at most; 0 counts as 1.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets the longest wait before the second try, and before any.
    pub fn waits(mut self, first: Duration, longest: Duration) -> Self {
        (self.first_wait, self.longest_wait) = (first, longest);
        self
    }

    /// Waits as long each time as it may, with no chance in it: for simulations, which one seed is to
    /// decide.
    pub fn even_waits(mut self) -> Self {
        self.even = true;
        self
    }

    async fn again<'a, T, F>(&'a self, request: impl Fn() -> F) -> Result<T, StorageError>
    where
        F: Future<Output = Result<T, StorageError>> + 'a,
    {
        for attempt in 1..self.attempts {
            match request().await {
                Err(error) if error.is_retryable() => self.wait(attempt, &error).await,
                answered => return answered,
            }
        }
        request().await
    }

    async fn wait(&self, attempt: u32, error: &StorageError) {
        tracing::debug!(attempt, %error, "asking again");
        let doubled = self.first_wait.saturating_mul(2_u32.saturating_pow(attempt - 1));
        let longest = doubled.min(self.longest_wait);
        let part = if self.even { 1.0 } else { rand::random_range(0.5..=1.0) };
        tokio::time::sleep(longest.mul_f64(part)).await;
    }

    async fn create(&self, key: &str, body: &Bytes) -> Result<(), StorageError> {
        let mut lost = None;
        let mut attempt = 1;
        loop {
            match self.inner.put(key, body.clone(), PutMode::Create).await {
                Err(error) if error.is_retryable() && attempt < self.attempts => {
                    self.wait(attempt, &error).await;
                    lost = Some(error);
                    attempt += 1;
                }
                Err(error) if error.kind == StorageErrorKind::AlreadyExists => {
                    return Err(match lost {
                        None => error,
                        Some(lost) => StorageError {
                            source: Some(
                                format!(
                                    "a try had no answer, and now the object exists: who made it \
                                     can't be known ({lost})"
                                )
                                .into(),
                            ),
                            ..lost
                        },
                    });
                }
                answered => return answered,
            }
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl StorageBackend for RetryingStorage {
    fn location(&self) -> StorageLocation {
        self.inner.location()
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        self.again(|| self.inner.capability()).await
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        match mode {
            PutMode::Create => self.create(key, &body).await,
            PutMode::Overwrite => self.again(|| self.inner.put(key, body.clone(), mode)).await,
        }
    }

    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError> {
        self.inner.put_stream(key, body).await
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        self.again(|| self.inner.get(key)).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        self.again(|| self.inner.get_range(key, range.clone())).await
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        self.again(|| self.inner.get_stream(key, range.clone())).await
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        self.again(|| self.inner.head(key)).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        self.again(|| self.inner.list(prefix, after)).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        self.again(|| self.inner.delete(keys)).await
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        self.again(|| self.inner.copy(from, to)).await
    }

    async fn presign(
        &self,
        key: &str,
        access: Access,
        valid_for: Duration,
    ) -> Result<String, StorageError> {
        self.again(|| self.inner.presign(key, access, valid_for)).await
    }
}
