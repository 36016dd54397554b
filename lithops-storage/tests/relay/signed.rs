//! Signed addresses, which a client keeps to itself.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageErrorKind, StorageLocation,
};
use lithops_storage::MemoryStorage;

use super::client::Client;

/// Signs addresses, as a cloud does.
#[derive(Debug)]
struct Signing(MemoryStorage);

#[async_trait]
impl StorageBackend for Signing {
    fn location(&self) -> StorageLocation {
        self.0.location()
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        Ok(StorageCapability { presign: true, ..self.0.capability().await? })
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        self.0.put(key, body, mode).await
    }

    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError> {
        self.0.put_stream(key, body).await
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        self.0.get(key).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        self.0.get_range(key, range).await
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        self.0.get_stream(key, range).await
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        self.0.head(key).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        self.0.list(prefix, after).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        self.0.delete(keys).await
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        self.0.copy(from, to).await
    }

    async fn presign(&self, key: &str, _: Access, _: Duration) -> Result<String, StorageError> {
        Ok(format!("http://host/{key}?signed"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_signs_addresses_gives_none_through_its_client() {
    let client = Client::new();
    let relayed = client.lend(Arc::new(Signing(MemoryStorage::new())));
    assert!(!relayed.capability().await.unwrap().presign);
    for access in [Access::Read, Access::Write] {
        let error = relayed.presign("a", access, Duration::from_secs(60)).await.unwrap_err();
        assert_eq!((error.kind, error.operation), (StorageErrorKind::Denied, "presign"));
        assert!(error.to_string().contains("signs no addresses for its workers"), "{error}");
    }
    assert_eq!(client.accepted(), 1);
}
