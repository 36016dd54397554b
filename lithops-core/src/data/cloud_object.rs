//! Values that calls keep in storage and hand on by name.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{DataError, wait};
use crate::api::CallContext;
use crate::function::Data;
use crate::ports::{PutMode, StorageBackend};
use crate::wire::{CloudObject, StoredObject, ValueSink, decode_value, encode_value, keys};

impl<T> CloudObject<T> {
    /// The object that holds the value.
    pub fn object(&self) -> &StoredObject {
        &self.object
    }

    /// Removes the value from storage. One that is gone already is no error.
    ///
    /// # Errors
    /// [`DataError::Storage`] if the storage refuses.
    pub async fn delete(&self) -> Result<(), DataError> {
        self.object.delete().await
    }
}

impl<T: Data> CloudObject<T> {
    /// Reads the value; blocks. In `async` code, [`fetch`](Self::fetch) does.
    ///
    /// # Errors
    /// [`DataError::Storage`] if it is gone or can't be read, [`DataError::Value`] if its bytes are
    /// those of another type.
    pub fn get(&self) -> Result<T, DataError> {
        wait(self.fetch())
    }

    /// Reads the value.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn fetch(&self) -> Result<T, DataError> {
        decode_value(self.object.fetch().await?).map_err(DataError::Value)
    }
}

impl CallContext {
    /// Keeps a value in the job's storage, for other calls to read; blocks. It stays until it is
    /// [deleted](CloudObject::delete). In `async` code, [`store`](Self::store) does.
    ///
    /// # Errors
    /// [`DataError::NoStorage`] if the worker has none, [`DataError::Value`] if the value can't be
    /// encoded, [`DataError::Storage`] if it can't be written.
    pub fn put<T: Data>(&self, value: T) -> Result<CloudObject<T>, DataError> {
        wait(self.store(value))
    }

    /// Keeps a value in the job's storage, for other calls to read.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub async fn store<T: Data>(&self, value: T) -> Result<CloudObject<T>, DataError> {
        let storage = self.storage().ok_or(DataError::NoStorage)?;
        put(storage.as_ref(), value, self.unique_key()).await
    }

    /// A key that no other call, and no other attempt at this one, has.
    pub(super) fn unique_key(&self) -> String {
        let writer = format!("{}/{:08}-{}", self.job_id(), self.index(), self.attempt());
        unique_key(&writer)
    }
}

/// A key that `writer`, which names itself like no other, has not used yet.
pub(crate) fn unique_key(writer: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    keys::object(writer, std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Keeps a value under `key`.
pub(crate) async fn put<T: Data>(
    storage: &dyn StorageBackend,
    value: T,
    key: String,
) -> Result<CloudObject<T>, DataError> {
    let mut sink = ValueSink::new();
    encode_value(value, &mut sink).map_err(DataError::Value)?;
    let bytes = sink.take();
    let size = bytes.len() as u64;
    storage.put(&key, bytes, PutMode::Overwrite).await?;
    // Its key is its version: nobody writes it again.
    let object = StoredObject { storage: storage.location(), key, size, version: None };
    Ok(CloudObject::new(object))
}
