//! The promises of a storage, kept by each of ours.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::sync::Arc;
use std::thread;

use lithops_storage::layers::{CountingStorage, FaultyStorage, LimitedStorage, RetryingStorage};
use lithops_storage::{FileStorage, MemoryStorage, open};
use lithops_testkit::storage::Storage;
use lithops_testkit::storage_suite;
use tempfile::TempDir;

fn memory() -> Storage {
    Arc::new(MemoryStorage::new())
}

/// Fails a test after which anything is left in the folder.
struct Emptied(TempDir);

impl Drop for Emptied {
    fn drop(&mut self) {
        let left: Vec<_> = fs::read_dir(self.0.path()).unwrap().collect();
        assert!(left.is_empty() || thread::panicking(), "{left:?}");
    }
}

fn files() -> (Storage, Emptied) {
    let folder = tempfile::tempdir().unwrap();
    // Characters that URLs would encode.
    let root = folder.path().join("new folder/ü#1 100%");
    (Arc::new(FileStorage::new(root).unwrap()), Emptied(folder))
}

fn layered() -> Storage {
    let faulty = Arc::new(FaultyStorage::new(memory()));
    let retrying = Arc::new(RetryingStorage::new(faulty));
    Arc::new(CountingStorage::new(Arc::new(LimitedStorage::new(retrying, 4))))
}

storage_suite!(in_memory, async { (memory(), ()) }, open, {
    create_if_absent: yes,
    racers: 16,
    presign: "memory has no address",
    nested_keys: yes,
    missing_place: "memory is always there",
});
storage_suite!(in_files, async { files() }, open, {
    create_if_absent: yes,
    racers: 16,
    presign: "nobody serves the folder",
    nested_keys: "a file is no folder",
    missing_place: "a missing folder is an empty one: the first object makes it",
});
storage_suite!(in_layers, async { (layered(), ()) }, open, {
    create_if_absent: yes,
    racers: 16,
    presign: "memory has no address",
    nested_keys: yes,
    missing_place: "memory is always there",
});
