//! Values in objects of their own, as messages name them: written once, and read as they were written.

use bytes::Bytes;

use crate::ports::{PutMode, StorageBackend, StorageError};
use crate::wire::{CallError, Digest, ObjectRef};

/// Values from this size on are hashed on a thread that may take its time.
const LARGE: usize = 1 << 20;

/// Stores `bytes` as the object `key`, and gives the reference by which others read it. One request.
///
/// # Errors
/// [`StorageError`] if the storage fails; it may be stored nevertheless.
pub async fn put_referenced(
    storage: &dyn StorageBackend,
    key: String,
    bytes: Bytes,
) -> Result<ObjectRef, StorageError> {
    let object =
        ObjectRef { digest: digest_of(&bytes).await, offset: 0, len: bytes.len() as u64, key };
    storage.put(&object.key, bytes, PutMode::Overwrite).await?;
    Ok(object)
}

/// Reads what a message refers to, and holds it against the digest. One request.
///
/// # Errors
/// [`CallError::Replaced`] if it is not what was written, [`CallError::Storage`] if it can't be read.
pub async fn get_referenced(
    storage: &dyn StorageBackend,
    object: &ObjectRef,
) -> Result<Bytes, CallError> {
    let read = storage.get_range(&object.key, object.range()?).await;
    let bytes = read.map_err(|error| CallError::Storage {
        retryable: error.is_retryable(),
        reason: error.to_string(),
    })?;
    let same = bytes.len() as u64 == object.len && digest_of(&bytes).await == object.digest;
    if same { Ok(bytes) } else { Err(object.replaced()) }
}

async fn digest_of(bytes: &Bytes) -> Digest {
    if bytes.len() < LARGE {
        return Digest::of(bytes);
    }
    let large = bytes.clone();
    let hashed = crate::run::runtime().spawn_blocking(move || Digest::of(&large)).await;
    // Only a runtime that shuts down gives none; then it is done here.
    hashed.unwrap_or_else(|_| Digest::of(bytes))
}
