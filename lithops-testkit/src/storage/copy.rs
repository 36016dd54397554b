//! Copies inside one place.

use lithops_core::ports::StorageErrorKind;

use super::{Storage, listed, put, refusal};

/// The target holds the source's bytes, whatever it held before.
pub async fn copy_replaces(storage: Storage) {
    put(&storage, "from", "new").await;
    put(&storage, "folder/to", "old and longer").await;
    storage.copy("from", "folder/to").await.unwrap();
    assert_eq!(storage.get("folder/to").await.unwrap(), "new");
    assert_eq!(storage.get("from").await.unwrap(), "new");
}

/// Source and target are two objects.
pub async fn a_copy_outlives_its_original(storage: Storage) {
    put(&storage, "from", "1").await;
    storage.copy("from", "to").await.unwrap();
    put(&storage, "from", "2").await;
    assert_eq!(storage.get("to").await.unwrap(), "1");
    storage.delete(&["from".to_owned()]).await.unwrap();
    assert_eq!(storage.get("to").await.unwrap(), "1");
}

/// Copying a key to itself, or twice to the same place, adds and loses nothing.
pub async fn a_copy_onto_itself_changes_nothing(storage: Storage) {
    put(&storage, "a", "1").await;
    storage.copy("a", "a").await.unwrap();
    storage.copy("a", "b").await.unwrap();
    storage.copy("a", "b").await.unwrap();
    assert_eq!(storage.get("a").await.unwrap(), "1");
    assert_eq!(listed(&storage, "", None).await, ["a", "b"]);
}

/// The target stays as it was.
pub async fn a_copy_of_nothing_is_an_error(storage: Storage) {
    put(&storage, "to", "1").await;
    assert_eq!(refusal(storage.copy("from", "to").await), StorageErrorKind::NotFound);
    assert_eq!(refusal(storage.copy("from", "elsewhere").await), StorageErrorKind::NotFound);
    assert_eq!(storage.get("to").await.unwrap(), "1");
    assert_eq!(listed(&storage, "", None).await, ["to"]);
}
