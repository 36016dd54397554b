//! Finding storages by location, or learning why not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;

use lithops_core::ports::{StorageBackend, StorageError, StorageErrorKind, StorageLocation};
use lithops_storage::{MemoryStorage, known_schemes, locate, open, register};

fn refusal(scheme: &str, settings: &[(&str, &str)]) -> String {
    let settings = settings.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    let location = StorageLocation { scheme: scheme.to_owned(), settings: settings.collect() };
    let error = open(&location).unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Unsupported);
    error.to_string()
}

#[test]
fn an_unknown_scheme_lists_the_known_ones() {
    let known = known_schemes().join(", ");
    assert!(known.starts_with("file, memory"), "{known}");
    let expected = format!(
        "storage: open \"tape\" failed: not possible here \
         (unknown scheme; this build knows: {known})"
    );
    assert_eq!(refusal("tape", &[]), expected);
}

#[test]
fn a_missing_setting_is_named() {
    assert!(refusal("file", &[]).ends_with("(the location has no setting `root`)"));
    assert!(refusal("memory", &[]).ends_with("(the location has no setting `id`)"));
}

#[test]
fn a_memory_storage_of_another_process_says_so() {
    let message = refusal("memory", &[("id", "0123")]);
    assert!(message.contains("only in the process that made it"), "{message}");
    assert!(message.contains("use a `file` storage"), "{message}");
}

#[test]
fn a_memory_storage_is_gone_with_its_last_handle() {
    let storage = MemoryStorage::new();
    let location = storage.location();
    let second = open(&location).unwrap();
    drop(storage);
    assert_eq!(open(&location).unwrap().location(), location);
    drop(second);
    assert_eq!(open(&location).unwrap_err().kind, StorageErrorKind::Unsupported);
}

#[test]
fn memory_storages_are_told_apart() {
    assert_ne!(MemoryStorage::new().location(), MemoryStorage::new().location());
}

fn open_tape(_: &StorageLocation) -> Result<Arc<dyn StorageBackend>, StorageError> {
    Ok(Arc::new(MemoryStorage::new()))
}

fn open_disk(_: &StorageLocation) -> Result<Arc<dyn StorageBackend>, StorageError> {
    Ok(Arc::new(MemoryStorage::new().clone()))
}

#[test]
fn a_registered_scheme_is_opened_and_can_be_registered_again() {
    let location = StorageLocation { scheme: "tape-1".to_owned(), settings: BTreeMap::new() };
    assert_eq!(open(&location).unwrap_err().kind, StorageErrorKind::Unsupported);
    register("tape-1", open_tape).unwrap();
    register("tape-1", open_tape).unwrap();
    assert_eq!(open(&location).unwrap().location().scheme, "memory");
}

#[test]
fn a_taken_scheme_is_not_registered() {
    let refused = |scheme| register(scheme, open_disk).unwrap_err().kind;
    assert_eq!(refused("file"), StorageErrorKind::AlreadyExists);
    register("tape-2", open_tape).unwrap();
    assert_eq!(refused("tape-2"), StorageErrorKind::AlreadyExists);
}

#[test]
fn opening_a_folder_makes_it_not() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("a/b");
    let settings = BTreeMap::from([("root".to_owned(), root.to_str().unwrap().to_owned())]);
    let location = StorageLocation { scheme: "file".to_owned(), settings };
    assert_eq!(open(&location).unwrap().location(), location);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_path_is_a_key_of_this_machine() {
    let (location, key) = locate("/a/b.txt").unwrap();
    assert_eq!((location.scheme.as_str(), key.as_str()), ("file", "a/b.txt"));
    assert_eq!(locate("file:///a/b.txt").unwrap(), (location, key));
}

#[test]
fn a_scheme_that_no_build_knows_lists_the_known_ones() {
    let error = locate("tape://a/b").unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Unsupported);
    assert!(error.to_string().contains("unknown scheme; this build knows: file, memory"));
}

#[test]
#[cfg(not(feature = "s3"))]
fn a_scheme_left_out_of_the_build_names_its_feature() {
    let expected = "`s3` was left out of this build; it comes with the feature `storage-s3` of \
                    `lithops` (`s3` of `lithops-storage`)";
    let error = locate("s3://bucket/key").unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
    assert!(refusal("s3", &[]).contains(expected));
}
