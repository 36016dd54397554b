//! The storage as a client has it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageLocation,
};

use super::Client;

/// The storage as a client has it.
#[derive(Debug)]
pub(crate) struct ClientStorage {
    pub(crate) client: Client,
    pub(crate) inner: Arc<dyn StorageBackend>,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl StorageBackend for ClientStorage {
    fn location(&self) -> StorageLocation {
        self.inner.location()
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        self.client.ask(self.inner.capability()).await
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        self.client.ask(self.inner.put(key, body, mode)).await
    }

    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError> {
        self.client.ask(self.inner.put_stream(key, body)).await
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        self.client.ask(self.inner.get(key)).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        self.client.ask(self.inner.get_range(key, range)).await
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        self.client.ask(self.inner.get_stream(key, range)).await
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        self.client.ask(self.inner.head(key)).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        self.client.ask(self.inner.list(prefix, after)).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        self.client.ask(self.inner.delete(keys)).await
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        self.client.ask(self.inner.copy(from, to)).await
    }

    async fn presign(
        &self,
        key: &str,
        access: Access,
        valid_for: Duration,
    ) -> Result<String, StorageError> {
        self.client.ask(self.inner.presign(key, access, valid_for)).await
    }
}
