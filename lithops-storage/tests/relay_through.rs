//! A process that was told to ask its client for storages.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "relay/client.rs"]
mod client;

use std::sync::Arc;

use lithops_core::ports::{
    PutMode, StorageBackend, StorageErrorKind, StorageLocation, open_storage,
};
use lithops_storage::{FileStorage, MemoryStorage, open, relay_through};

use client::Client;

/// One test, since a process is told so once.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_lent_is_opened_at_the_client_and_the_rest_directly() {
    let client = Client::new();
    let folder = tempfile::tempdir().unwrap();
    let lent = FileStorage::new(folder.path().join("lent")).unwrap();
    let memory = MemoryStorage::new();
    client.lent.lend(Arc::new(lent.clone()));
    client.lent.lend(Arc::new(memory.clone()));
    relay_through(&client.socket);
    lithops_storage::install();

    // Two locations, each opened twice, over one connection each.
    for storage in [Arc::new(lent) as Arc<dyn StorageBackend>, Arc::new(memory)] {
        let opened = open(&storage.location()).unwrap();
        opened.put("a", "1".into(), PutMode::Create).await.unwrap();
        assert!(format!("{opened:?}").starts_with("RelayStorage"), "{opened:?}");
        assert_eq!(opened.location(), storage.location());
        assert_eq!(storage.get("a").await.unwrap(), "1");
        let again = open_storage(&storage.location()).unwrap();
        assert_eq!(again.get("a").await.unwrap(), "1");
    }
    assert_eq!(client.accepted(), 2);

    // What is not lent is opened directly, if this process can.
    let direct = FileStorage::new(folder.path().join("direct")).unwrap();
    let opened = open(&direct.location()).unwrap();
    assert!(format!("{opened:?}").starts_with("FileStorage"), "{opened:?}");
    let own = MemoryStorage::new();
    own.put("own", "1".into(), PutMode::Create).await.unwrap();
    assert_eq!(open(&own.location()).unwrap().get("own").await.unwrap(), "1");
    let tape = StorageLocation { scheme: "tape".to_owned(), settings: Default::default() };
    assert_eq!(open(&tape).unwrap_err().kind, StorageErrorKind::Unsupported);
}
