//! Single objects that a client lends, to be read.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageErrorKind, StorageLocation,
};

/// A storage of which some objects may be read, and nothing else.
#[derive(Debug)]
pub(super) struct LentObjects {
    storage: Arc<dyn StorageBackend>,
    keys: Mutex<BTreeSet<String>>,
}

impl LentObjects {
    /// Lends nothing of `storage` yet.
    pub(super) fn of(storage: Arc<dyn StorageBackend>) -> Self {
        Self { storage, keys: Mutex::default() }
    }

    pub(super) fn add(&self, key: &str) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if !keys.contains(key) {
            keys.insert(key.to_owned());
        }
    }

    fn may_read(&self, operation: &'static str, key: &str) -> Result<(), StorageError> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.contains(key) { Ok(()) } else { Err(refused(operation, key)) }
    }
}

fn refused(operation: &'static str, key: &str) -> StorageError {
    StorageError {
        kind: StorageErrorKind::Denied,
        store: "relay",
        operation,
        key: key.to_owned(),
        source: Some(
            "the client lends single objects of this storage, to be read: it names them by \
             `exec.objects(..)`"
                .into(),
        ),
    }
}

#[async_trait]
impl StorageBackend for LentObjects {
    fn location(&self) -> StorageLocation {
        self.storage.location()
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        Ok(StorageCapability { create_if_absent: false, presign: false, write_and_list: false })
    }

    async fn put(&self, key: &str, _: Bytes, _: PutMode) -> Result<(), StorageError> {
        Err(refused("put", key))
    }

    async fn put_stream(&self, key: &str, _: ByteStream) -> Result<u64, StorageError> {
        Err(refused("put_stream", key))
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        self.may_read("get", key)?;
        self.storage.get(key).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        self.may_read("get_range", key)?;
        self.storage.get_range(key, range).await
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        self.may_read("get_stream", key)?;
        self.storage.get_stream(key, range).await
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        self.may_read("head", key)?;
        self.storage.head(key).await
    }

    async fn list(&self, prefix: &str, _: Option<&str>) -> Result<ListPage, StorageError> {
        Err(refused("list", prefix))
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        Err(refused("delete", keys.first().map_or("", String::as_str)))
    }

    async fn copy(&self, from: &str, _: &str) -> Result<(), StorageError> {
        Err(refused("copy", from))
    }

    async fn presign(&self, key: &str, _: Access, _: Duration) -> Result<String, StorageError> {
        Err(refused("presign", key))
    }
}
