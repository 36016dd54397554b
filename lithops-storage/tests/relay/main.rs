//! Storages through a relay: they keep the promises of a storage, and what is not lent stays closed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alive;
mod bounds;
mod broken;
mod client;
mod refused;
mod signed;

use std::fs;
use std::sync::Arc;
use std::thread;

use lithops_storage::{FileStorage, MemoryStorage, open};
use lithops_testkit::storage::Storage;
use lithops_testkit::storage_suite;
use tempfile::TempDir;

use client::Client;

fn memory() -> (Storage, (Client, MemoryStorage)) {
    let client = Client::new();
    let memory = MemoryStorage::new();
    (Arc::new(client.lend(Arc::new(memory.clone()))), (client, memory))
}

/// Fails a test after which anything is left in the folder.
struct Emptied(TempDir);

impl Drop for Emptied {
    fn drop(&mut self) {
        let left: Vec<_> = fs::read_dir(self.0.path()).unwrap().collect();
        assert!(left.is_empty() || thread::panicking(), "{left:?}");
    }
}

fn files() -> (Storage, (Client, Emptied)) {
    let client = Client::new();
    let folder = tempfile::tempdir().unwrap();
    let files = FileStorage::new(folder.path().join("objects")).unwrap();
    (Arc::new(client.lend(Arc::new(files))), (client, Emptied(folder)))
}

// The location is the true one: opened directly, it leads to the same place.
storage_suite!(memory_through_a_relay, async { memory() }, open, {
    create_if_absent: yes,
    racers: 16,
    presign: "a client gives no addresses",
    nested_keys: yes,
    missing_place: "memory is always there",
});
storage_suite!(files_through_a_relay, async { files() }, open, {
    create_if_absent: yes,
    racers: 16,
    presign: "a client gives no addresses",
    nested_keys: "a file is no folder",
    missing_place: "a missing folder is an empty one: the first object makes it",
});
