//! What files and folders a file storage makes, and that it takes them away again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures::channel::oneshot;
use futures::{FutureExt, StreamExt, stream};
use lithops_core::ports::{PutMode, StorageBackend, StorageErrorKind};
use lithops_storage::FileStorage;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const ABANDONED: &str = ".lithops-partial-0000000000000001";

fn storage() -> (FileStorage, PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap().join("root");
    (FileStorage::new(&root).unwrap(), root, folder)
}

fn entries(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn put(storage: &FileStorage, key: &str) {
    storage.put(key, key.to_owned().into(), PutMode::Overwrite).await.unwrap();
}

async fn delete(storage: &FileStorage, keys: &[&str]) {
    let keys: Vec<_> = keys.iter().map(|key| key.to_string()).collect();
    storage.delete(&keys).await.unwrap();
}

#[tokio::test]
async fn reading_makes_no_folder() {
    let (storage, _, folder) = storage();
    storage.get("a").await.unwrap_err();
    storage.list("", None).await.unwrap();
    storage.delete(&["a/b".to_owned()]).await.unwrap();
    storage.copy("a", "b/c").await.unwrap_err();
    assert_eq!(entries(folder.path()), [""; 0]);
}

#[tokio::test]
async fn a_private_folder_is_its_owners_alone_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().canonicalize().unwrap().join("lithops-7");
    let storage = FileStorage::private(&own).unwrap();
    assert_eq!(mode(&own), 0o700);
    put(&storage, "a/b").await;
    assert_eq!(fs::read_to_string(own.join("objects/a/b")).unwrap(), "a/b");
    delete(&FileStorage::private(&own).unwrap(), &["a/b"]).await;
    assert_eq!((entries(folder.path()), entries(&own)), (vec!["lithops-7".to_owned()], vec![]));
}

#[test]
fn a_private_folder_that_others_could_have_made_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &Path, why: &str| {
        let error = FileStorage::private(path).unwrap_err();
        assert_eq!(error.kind, StorageErrorKind::Unsupported);
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.starts_with(&format!("what is there {why}: ")), "{source}");
    };
    let open = folder.path().join("open");
    fs::create_dir(&open).unwrap();
    for writable in [0o722, 0o777, 0o1777, 0o720, 0o702] {
        fs::set_permissions(&open, fs::Permissions::from_mode(writable)).unwrap();
        refused(&open, "can be written by others");
    }
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    FileStorage::private(&open).unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&open, &link).unwrap();
    refused(&link, "is no folder");
    // Only root can give a folder away.
    let others = folder.path().join("others");
    fs::create_dir(&others).unwrap();
    if std::os::unix::fs::chown(&others, Some(12345), None).is_ok() {
        refused(&others, "is another user's");
    }
}

#[tokio::test]
async fn folders_go_with_the_last_object_in_them() {
    let (storage, root, folder) = storage();
    for key in ["a/b/c", "a/b/d", "a/e", "f"] {
        put(&storage, key).await;
    }
    delete(&storage, &["a/b/c"]).await;
    assert_eq!(entries(&root.join("a")), ["b", "e"]);
    delete(&storage, &["a/b/d"]).await;
    assert_eq!(entries(&root.join("a")), ["e"]);
    delete(&storage, &["a/e", "f"]).await;
    assert_eq!(entries(folder.path()), [""; 0]);
}

#[tokio::test]
async fn a_folder_that_was_there_before_the_root_stays() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    let storage = FileStorage::new(folder.path().join("mine/new/root")).unwrap();
    put(&storage, "a/b").await;
    delete(&storage, &["a/b"]).await;
    assert_eq!(entries(folder.path()), ["mine"]);
    assert_eq!(entries(&folder.path().join("mine")), [""; 0]);
}

#[tokio::test]
async fn only_the_owner_may_read() {
    let (storage, root, _folder) = storage();
    put(&storage, "a/b").await;
    storage.put("a/created", "1".into(), PutMode::Create).await.unwrap();
    storage.put_stream("s/streamed", stream::iter([Ok("1".into())]).boxed()).await.unwrap();
    storage.copy("a/b", "c/copied").await.unwrap();
    for file in ["a/b", "a/created", "s/streamed", "c/copied"] {
        assert_eq!(mode(root.join(file)), 0o600, "{file}");
    }
    for folder in ["", "a", "s", "c"] {
        assert_eq!(mode(root.join(folder)), 0o700, "{folder}");
    }
}

#[tokio::test]
async fn nothing_but_objects_lies_in_the_folder() {
    let (storage, root, _folder) = storage();
    put(&storage, "a").await;
    put(&storage, "a").await;
    storage.put("a", "2".into(), PutMode::Create).await.unwrap_err();
    storage.put("b", "2".into(), PutMode::Create).await.unwrap();
    storage.copy("a", "b").await.unwrap();
    storage.copy("a", "b").await.unwrap();
    storage.put_stream("c", stream::iter([Ok("1".into())]).boxed()).await.unwrap();
    assert_eq!(entries(&root), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_failed_stream_takes_its_folders_along() {
    let (storage, _, folder) = storage();
    let lost = storage.get("missing").await.unwrap_err();
    let body = stream::iter([Ok(Bytes::from(vec![1; 3 << 20])), Err(lost)]).boxed();
    storage.put_stream("a/b/c", body).await.unwrap_err();
    assert_eq!(entries(folder.path()), [""; 0]);
}

#[test]
fn a_cancelled_put_does_not_come_after_all() {
    let (storage, root, folder) = storage();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        for _ in 0..50 {
            let body = Bytes::from(vec![0; 1 << 20]);
            storage.put("a", body, PutMode::Overwrite).now_or_never();
            put(&storage, "a").await;
            assert_eq!(storage.get("a").await.unwrap(), "a");
        }
    });
    // Waits for all writes that were cancelled.
    drop(runtime);
    assert_eq!(entries(&root), ["a"]);
    Runtime::new().unwrap().block_on(delete(&storage, &["a"]));
    assert_eq!(entries(folder.path()), [""; 0]);
}

#[test]
fn a_cancelled_put_leaves_no_folder() {
    for _ in 0..50 {
        let (storage, _, folder) = storage();
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            storage.put("a/b", "1".into(), PutMode::Create).now_or_never();
            delete(&storage, &["a/b"]).await;
        });
        drop(runtime);
        assert_eq!(entries(folder.path()), [""; 0]);
    }
}

#[tokio::test]
async fn what_a_killed_writer_left_goes_with_the_folder() {
    let (storage, root, folder) = storage();
    put(&storage, "a/b").await;
    fs::write(root.join("a").join(ABANDONED), "half").unwrap();
    fs::write(root.join(ABANDONED), "half").unwrap();
    assert_eq!(storage.list("", None).await.unwrap().objects.len(), 1);
    delete(&storage, &["a/b"]).await;
    assert_eq!(entries(folder.path()), [""; 0]);
}

#[tokio::test]
async fn what_a_slow_writer_holds_stays() {
    let (storage, root, folder) = storage();
    put(&storage, "a/b").await;
    let (begun, beginning) = oneshot::channel::<()>();
    let (sender, receiver) = oneshot::channel::<()>();
    let end = async move {
        begun.send(()).unwrap();
        receiver.await.unwrap();
        Ok(Bytes::from_static(b"slow"))
    };
    let slow = tokio::spawn({
        let storage = storage.clone();
        async move { storage.put_stream("a/slow", stream::once(end).boxed()).await }
    });
    beginning.await.unwrap();
    assert_eq!(entries(&root.join("a")).len(), 2);
    delete(&storage, &["a/b"]).await;
    assert_eq!(entries(&root.join("a")).len(), 1);

    sender.send(()).unwrap();
    assert_eq!(slow.await.unwrap().unwrap(), 4);
    assert_eq!(storage.get("a/slow").await.unwrap(), "slow");
    delete(&storage, &["a/slow"]).await;
    assert_eq!(entries(folder.path()), [""; 0]);
}

#[tokio::test]
async fn a_key_below_an_object_or_above_one_is_refused() {
    let (storage, _, _folder) = storage();
    put(&storage, "a/b").await;
    for key in ["a", "a/b/c", "a/b/c/d"] {
        for mode in [PutMode::Create, PutMode::Overwrite] {
            let error = storage.put(key, "1".into(), mode).await.unwrap_err();
            assert_eq!(error.kind, StorageErrorKind::InvalidKey, "{key} {mode:?}");
        }
        let error = storage.copy("a/b", key).await.unwrap_err();
        assert_eq!(error.kind, StorageErrorKind::InvalidKey, "{key}");
    }
    assert_eq!(storage.get("a/b").await.unwrap(), "a/b");
}

#[tokio::test]
async fn names_no_file_can_have_are_refused() {
    let (storage, _, folder) = storage();
    for key in ["x".repeat(256), ABANDONED.to_owned(), format!("a/{ABANDONED}")] {
        let error = storage.put(&key, "1".into(), PutMode::Create).await.unwrap_err();
        assert_eq!(error.kind, StorageErrorKind::InvalidKey, "{key}");
    }
    put(&storage, &"x".repeat(255)).await;
    delete(&storage, &[&"x".repeat(255)]).await;
    assert_eq!(entries(folder.path()), [""; 0]);
}

#[tokio::test]
async fn links_and_foreign_names_are_not_listed() {
    let (storage, root, _folder) = storage();
    put(&storage, "a").await;
    std::os::unix::fs::symlink("/etc", root.join("etc")).unwrap();
    std::os::unix::fs::symlink("a", root.join("b")).unwrap();
    let page = storage.list("", None).await.unwrap();
    assert_eq!(page.objects.len(), 1);
    assert_eq!(page.objects[0].key, "a");
}

#[test]
fn the_location_is_absolute() {
    let here = std::env::current_dir().unwrap().canonicalize().unwrap();
    for (root, expected) in [
        ("not there/x", here.join("not there/x")),
        ("../not there", here.parent().unwrap().join("not there")),
        (".", here),
    ] {
        let location = FileStorage::new(root).unwrap().location();
        assert_eq!(Path::new(&location.settings["root"]), expected);
    }
}

#[tokio::test]
async fn a_name_that_is_no_text_is_an_error_where_it_would_be_listed() {
    use std::os::unix::ffi::OsStrExt;
    let (storage, root, _folder) = storage();
    put(&storage, "a/b").await;
    put(&storage, "c/d").await;
    fs::write(root.join("a").join(std::ffi::OsStr::from_bytes(b"x\xff")), "lost").unwrap();
    for prefix in ["", "a/", "a/x"] {
        let error = storage.list(prefix, None).await.unwrap_err();
        assert_eq!(error.kind, StorageErrorKind::InvalidKey, "{prefix}");
        assert!(error.to_string().contains("is not UTF-8"), "{error}");
    }
    for prefix in ["c/", "a/b"] {
        assert_eq!(storage.list(prefix, None).await.unwrap().objects.len(), 1, "{prefix}");
    }
    fs::remove_file(root.join("a").join(std::ffi::OsStr::from_bytes(b"x\xff"))).unwrap();
}
