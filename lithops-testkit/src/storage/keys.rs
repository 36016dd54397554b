//! Which keys work, and that they stay what they are.

use bytes::Bytes;
use lithops_core::ports::{PutMode, StorageErrorKind};

use super::{Storage, listed, put_all, refusal};

/// What URLs, shells and file systems treat in their own ways, in byte order.
const ODD: [&str; 16] = [
    " leading space",
    "a b",
    "a!b",
    "a#1",
    "a#b",
    "a%20b",
    "a%2Fb",
    "a&b=c?d",
    "a+b",
    "a:b",
    "a\"b'c",
    "a~b*",
    "dots..inside",
    "folder/.hidden",
    "ü/ß",
    "🦀",
];

/// Each key holds its own object, is listed as it was written, and can be deleted.
pub async fn odd_characters_in_keys_are_kept(storage: Storage) {
    let mut keys = ODD.map(str::to_owned);
    keys.sort_unstable();
    put_all(&storage, &keys).await;
    for key in &keys {
        assert_eq!(storage.get(key).await.unwrap(), key.as_bytes());
        assert_eq!(storage.head(key).await.unwrap().key, *key);
        assert_eq!(listed(&storage, key, None).await.first(), Some(key));
    }
    assert_eq!(listed(&storage, "", None).await, keys);
    storage.delete(&keys).await.unwrap();
    assert_eq!(listed(&storage, "", None).await, [""; 0]);
}

/// It separates nothing.
pub async fn a_backslash_in_a_key_is_kept(storage: Storage) {
    let keys = ["a/b", "a\\b"].map(str::to_owned);
    put_all(&storage, &keys).await;
    for key in &keys {
        assert_eq!(storage.get(key).await.unwrap(), key.as_bytes());
        assert_eq!(listed(&storage, key, None).await, [key.as_str()]);
    }
}

/// No key stands for another.
pub async fn keys_are_told_apart_by_case_and_encoding(storage: Storage) {
    let keys = ["A", "a", "a b", "a%20b", "a+b", "u\u{308}", "\u{fc}"].map(str::to_owned);
    put_all(&storage, &keys).await;
    assert_eq!(listed(&storage, "", None).await, keys);
    for key in &keys {
        assert_eq!(storage.get(key).await.unwrap(), key.as_bytes());
    }
}

/// Such a key might leave the place or name an object twice.
pub async fn a_key_that_is_no_path_is_refused(storage: Storage) {
    for key in ["", "/a", "a/", "a//b", "..", "../a", "a/../b", ".", "a/./b", "a\0b"] {
        let body = Bytes::from_static(b"1");
        let put = storage.put(key, body, PutMode::Overwrite).await;
        assert_eq!(refusal(put), StorageErrorKind::InvalidKey, "{key:?}");
        assert_eq!(refusal(storage.get(key).await), StorageErrorKind::InvalidKey, "{key:?}");
        let delete = storage.delete(&[key.to_owned()]).await;
        assert_eq!(refusal(delete), StorageErrorKind::InvalidKey, "{key:?}");
    }
    assert_eq!(listed(&storage, "", None).await, [""; 0]);
}

/// An object is no folder, and is in nobody's way.
pub async fn a_key_may_go_on_where_another_ends(storage: Storage) {
    let keys = ["f", "f/g", "f/g/h"].map(str::to_owned);
    // One after another: what holds when such keys are written at once is another question.
    for key in &keys {
        put_all(&storage, std::slice::from_ref(key)).await;
    }
    for key in &keys {
        assert_eq!(storage.get(key).await.unwrap(), key.as_bytes());
    }
    assert_eq!(listed(&storage, "f", None).await, keys);
    storage.delete(&["f/g".to_owned()]).await.unwrap();
    assert_eq!(listed(&storage, "f", None).await, ["f", "f/g/h"]);
}
