//! Deleting objects.

use lithops_core::ports::{PutMode, StorageErrorKind};

use super::{Storage, listed, put, put_all, refusal};

/// Neither alone nor beside a key that is there.
pub async fn deleting_what_is_not_there_is_no_error(storage: Storage) {
    storage.delete(&["a".to_owned(), "b/c/d".to_owned()]).await.unwrap();
    put(&storage, "a", "1").await;
    let keys = ["missing", "a", "a/below"].map(str::to_owned);
    storage.delete(&keys).await.unwrap();
    assert_eq!(listed(&storage, "", None).await, [""; 0]);
}

/// A key goes alone, even if others start with it.
pub async fn deleting_leaves_the_neighbours(storage: Storage) {
    for key in ["x/a", "x/ab", "x/b/c", "y"] {
        put(&storage, key, key.to_owned()).await;
    }
    storage.delete(&["x/a".to_owned(), "x/b".to_owned(), "x".to_owned()]).await.unwrap();
    assert_eq!(listed(&storage, "", None).await, ["x/ab", "x/b/c", "y"]);
    assert_eq!(storage.get("x/b/c").await.unwrap(), "x/b/c");
}

/// Deleting frees the key for a creator.
pub async fn a_deleted_key_can_be_created_again(storage: Storage) {
    put(&storage, "a/b", "1").await;
    storage.delete(&["a/b".to_owned()]).await.unwrap();
    storage.put("a/b", "2".into(), PutMode::Create).await.unwrap();
    assert_eq!(storage.get("a/b").await.unwrap(), "2");
}

/// All ways of reading find nothing, until it is written again.
pub async fn a_deleted_key_is_gone(storage: Storage) {
    put(&storage, "a/b", "1").await;
    storage.delete(&["a/b".to_owned()]).await.unwrap();
    assert_eq!(refusal(storage.get("a/b").await), StorageErrorKind::NotFound);
    assert_eq!(refusal(storage.head("a/b").await), StorageErrorKind::NotFound);
    assert_eq!(listed(&storage, "a/", None).await, [""; 0]);
    put(&storage, "a/b", "2").await;
    assert_eq!(storage.get("a/b").await.unwrap(), "2");
}

/// More keys than any store takes in one request; those that are not named stay.
pub async fn thousands_of_keys_are_deleted_at_once(storage: Storage) {
    let keys: Vec<_> = (0..2500).map(|n| format!("many/{n:04}")).collect();
    put_all(&storage, &keys).await;
    put(&storage, "many/other", "1").await;
    storage.delete(&keys).await.unwrap();
    assert_eq!(listed(&storage, "", None).await, ["many/other"]);
}

/// An empty list of keys asks for nothing.
pub async fn deleting_no_keys_is_no_error(storage: Storage) {
    put(&storage, "a", "1").await;
    storage.delete(&[]).await.unwrap();
    assert_eq!(listed(&storage, "", None).await, ["a"]);
}
