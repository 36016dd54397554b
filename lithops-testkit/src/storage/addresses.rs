//! Addresses by which others reach one object.

use std::time::Duration;

use lithops_core::ports::{Access, StorageErrorKind};

use super::http::request;
use super::{Storage, put};

const VALID_FOR: Duration = Duration::from_secs(300);

/// Also with a key that an address must write in another way.
pub async fn a_signed_address_reads_its_object(storage: Storage) {
    for key in ["a/b", "a b+c/ü%20"] {
        put(&storage, key, "0123456789").await;
        let address = storage.presign(key, Access::Read, VALID_FOR).await.unwrap();
        assert_eq!(request("GET", &address, b"").await, (200, b"0123456789".to_vec()), "{key}");
    }
}

/// The object is what was sent there.
pub async fn a_signed_address_writes_its_object(storage: Storage) {
    let address = storage.presign("a/b", Access::Write, VALID_FOR).await.unwrap();
    let (status, _) = request("PUT", &address, b"from outside").await;
    assert!((200..300).contains(&status), "{status}");
    assert_eq!(storage.get("a/b").await.unwrap(), "from outside");
}

/// An address is good for what it was made for.
pub async fn an_address_for_reading_does_not_write(storage: Storage) {
    put(&storage, "a", "old").await;
    let address = storage.presign("a", Access::Read, VALID_FOR).await.unwrap();
    assert_eq!(request("PUT", &address, b"new").await.0, 403);
    assert_eq!(storage.get("a").await.unwrap(), "old");
}

/// A storage without addresses says so, and gives none that leads nowhere; one that is used through
/// another process may be denied them.
pub async fn an_address_is_given_or_refused(storage: Storage) {
    let can = storage.capability().await.unwrap().presign;
    for access in [Access::Read, Access::Write] {
        match storage.presign("a", access, VALID_FOR).await {
            Ok(address) => assert!(can && address.starts_with("http"), "{address}"),
            Err(error) => {
                let refusals = [StorageErrorKind::Unsupported, StorageErrorKind::Denied];
                assert!(!can && refusals.contains(&error.kind), "{error}");
            }
        }
    }
}
