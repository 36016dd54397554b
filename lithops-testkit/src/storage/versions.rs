//! Telling whether an object is still the one that was seen.

use super::{Storage, put};

/// Also if no more than one byte is another; an object that nobody writes keeps its version.
pub async fn a_version_changes_with_the_bytes(storage: Storage) {
    let mut seen = Vec::new();
    for body in ["one", "two", "one more", ""] {
        put(&storage, "a", body).await;
        let version = storage.head("a").await.unwrap().version.unwrap();
        assert!(!seen.contains(&version), "{version} again, for {body:?}");
        put(&storage, "b", body).await;
        assert_eq!(storage.head("a").await.unwrap().version.as_ref(), Some(&version));
        seen.push(version);
    }
}

/// Whichever way an object is found.
pub async fn a_version_is_the_same_in_every_answer(storage: Storage) {
    put(&storage, "a/b", "0123456789").await;
    let head = storage.head("a/b").await.unwrap();
    assert!(head.version.is_some());
    assert_eq!(storage.list("a/", None).await.unwrap().objects, std::slice::from_ref(&head));
    assert_eq!(storage.get_stream("a/b", None).await.unwrap().meta, head);
    assert_eq!(storage.get_stream("a/b", Some(3..5)).await.unwrap().meta, head);
    assert_eq!(storage.get_stream("a/b", Some(3..3)).await.unwrap().meta, head);
}
