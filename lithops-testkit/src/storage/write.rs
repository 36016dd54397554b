//! Storing objects.

use std::sync::Arc;

use bytes::Bytes;
use lithops_core::ports::{PutMode, StorageErrorKind};

use super::{Storage, put, refusal};

/// Any bytes, at any depth.
pub async fn what_was_put_is_read_back(storage: Storage) {
    let every_byte: Bytes = (0..=255_u8).collect();
    for key in ["a", "b/c", "b/d/e/f/g"] {
        storage.put(key, every_byte.clone(), PutMode::Overwrite).await.unwrap();
        assert_eq!(storage.get(key).await.unwrap(), every_byte);
        assert_eq!(storage.head(key).await.unwrap().size, 256);
    }
}

/// Nothing of a longer body stays.
pub async fn overwriting_replaces(storage: Storage) {
    put(&storage, "a/b", "old and longer").await;
    put(&storage, "a/b", "new").await;
    assert_eq!(storage.get("a/b").await.unwrap(), "new");
    assert_eq!(storage.head("a/b").await.unwrap().size, 3);
}

/// The first one's bytes stay.
pub async fn a_second_creator_is_refused(storage: Storage) {
    storage.put("a/b", "first".into(), PutMode::Create).await.unwrap();
    let second = storage.put("a/b", "second".into(), PutMode::Create).await;
    assert_eq!(refusal(second), StorageErrorKind::AlreadyExists);
    assert_eq!(storage.get("a/b").await.unwrap(), "first");
}

/// Of a free key, a creator is as good as any writer.
pub async fn what_was_created_is_read_back(storage: Storage) {
    storage.put("a/b", "created".into(), PutMode::Create).await.unwrap();
    assert_eq!(storage.get("a/b").await.unwrap(), "created");
    assert_eq!(storage.head("a/b").await.unwrap().size, 7);
}

/// So that it tells something in a log.
pub async fn an_error_names_the_operation_and_the_key(storage: Storage) {
    let error = storage.get("no/such").await.unwrap_err();
    assert_eq!((error.operation, error.key.as_str()), ("get", "no/such"));
    assert!(!error.is_retryable());
}

/// As with any other error.
pub async fn a_refused_creator_is_told_of_which_key(storage: Storage) {
    put(&storage, "taken", "1").await;
    let error = storage.put("taken", "2".into(), PutMode::Create).await.unwrap_err();
    assert_eq!((error.operation, error.key.as_str()), ("put", "taken"));
    assert!(!error.is_retryable());
}

/// From any thread.
pub async fn a_clone_of_the_handle_sees_the_same_objects(storage: Storage) {
    let other = Arc::clone(&storage);
    tokio::spawn(async move { put(&other, "a", "1").await }).await.unwrap();
    assert_eq!(storage.get("a").await.unwrap(), "1");
}
