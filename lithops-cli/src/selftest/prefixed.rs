//! A part of a storage that looks like all of one: what cases write touches nothing else.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageLocation,
};

/// The setting of a location that holds the prefix.
const SETTING: &str = "prefix-of-test";

/// The objects of a storage whose keys begin so, by what follows.
#[derive(Debug)]
pub(super) struct PrefixedStorage {
    inner: Arc<dyn StorageBackend>,
    /// With a slash at its end.
    prefix: String,
}

impl PrefixedStorage {
    pub(super) fn new(inner: Arc<dyn StorageBackend>, prefix: String) -> Self {
        Self { inner, prefix }
    }

    /// A part that nothing is in.
    pub(super) fn fresh(inner: Arc<dyn StorageBackend>) -> Self {
        use std::hash::{BuildHasher as _, RandomState};
        let chance = RandomState::new().hash_one(std::process::id());
        Self::new(inner, format!("lithops-test/{chance:016x}/"))
    }

    /// From the location of such a part to that of the whole, and the prefix.
    pub(super) fn parts(location: &StorageLocation) -> (StorageLocation, String) {
        let mut whole = location.clone();
        let prefix = whole.settings.remove(SETTING).unwrap_or_default();
        (whole, prefix)
    }

    fn whole(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn part(&self, key: String) -> String {
        key.strip_prefix(&self.prefix).map(str::to_owned).unwrap_or(key)
    }

    fn meta(&self, meta: ObjectMeta) -> ObjectMeta {
        ObjectMeta { key: self.part(meta.key), ..meta }
    }

    fn error(&self, error: StorageError) -> StorageError {
        StorageError { key: self.part(error.key), ..error }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl StorageBackend for PrefixedStorage {
    fn location(&self) -> StorageLocation {
        let mut location = self.inner.location();
        location.settings.insert(SETTING.to_owned(), self.prefix.clone());
        location
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        self.inner.capability().await
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        self.inner.put(&self.whole(key), body, mode).await.map_err(|error| self.error(error))
    }

    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError> {
        self.inner.put_stream(&self.whole(key), body).await.map_err(|error| self.error(error))
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        self.inner.get(&self.whole(key)).await.map_err(|error| self.error(error))
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        self.inner.get_range(&self.whole(key), range).await.map_err(|error| self.error(error))
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        let found = self.inner.get_stream(&self.whole(key), range).await;
        let found = found.map_err(|error| self.error(error))?;
        Ok(ObjectStream { meta: self.meta(found.meta), body: found.body })
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        let found = self.inner.head(&self.whole(key)).await;
        found.map(|meta| self.meta(meta)).map_err(|error| self.error(error))
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        let after = after.map(|after| self.whole(after));
        let page = self.inner.list(&self.whole(prefix), after.as_deref()).await;
        let ListPage { objects, more } = page.map_err(|error| self.error(error))?;
        Ok(ListPage { objects: objects.into_iter().map(|meta| self.meta(meta)).collect(), more })
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        let keys: Vec<String> = keys.iter().map(|key| self.whole(key)).collect();
        self.inner.delete(&keys).await.map_err(|error| self.error(error))
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        let copied = self.inner.copy(&self.whole(from), &self.whole(to)).await;
        copied.map_err(|error| self.error(error))
    }

    async fn presign(
        &self,
        key: &str,
        access: Access,
        valid_for: Duration,
    ) -> Result<String, StorageError> {
        let signed = self.inner.presign(&self.whole(key), access, valid_for).await;
        signed.map_err(|error| self.error(error))
    }
}
