//! Storing streams, whole or not at all.

use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use lithops_core::ports::{ByteStream, StorageError, StorageErrorKind};

use super::{Storage, listed, put};

/// Larger than what any storage sends at once, in chunks of odd sizes.
const CHUNKS: usize = 700;

fn chunk(number: usize) -> Bytes {
    Bytes::from(vec![(number % 251) as u8; 1 + number * 89 % 65_537])
}

fn chunks() -> impl Iterator<Item = Result<Bytes, StorageError>> {
    (0..CHUNKS).map(|number| Ok(chunk(number)))
}

fn lost_source() -> StorageError {
    StorageError {
        kind: StorageErrorKind::Denied,
        store: "source",
        operation: "get_stream",
        key: "original".to_owned(),
        source: None,
    }
}

fn failing_after(count: usize) -> ByteStream {
    stream::iter(chunks().take(count).chain([Err(lost_source())])).boxed()
}

/// Large and small streams come out as they went in.
pub async fn a_stream_is_stored_whole(storage: Storage) {
    let large: Vec<u8> = (0..CHUNKS).flat_map(chunk).collect();
    assert!(large.len() > 17 * 1024 * 1024);
    let size = storage.put_stream("large", stream::iter(chunks()).boxed()).await.unwrap();
    assert_eq!(size, large.len() as u64);
    assert!(storage.get("large").await.unwrap() == large);

    let small = stream::iter(["one, ", "", "two"].map(|text| Ok(text.into()))).boxed();
    assert_eq!(storage.put_stream("a/small", small).await.unwrap(), 8);
    assert_eq!(storage.get("a/small").await.unwrap(), "one, two");
}

/// In several parts, and out again whole and from the middle.
pub async fn a_stream_of_forty_mebibytes_goes_both_ways(storage: Storage) {
    const MIB: usize = 1024 * 1024;
    let part =
        |number: usize| (0..MIB).map(|at| ((at * 7 + number) % 251) as u8).collect::<Bytes>();
    let body = stream::iter((0..40).map(part).map(Ok)).boxed();
    assert_eq!(storage.put_stream("large", body).await.unwrap(), 40 * MIB as u64);

    for (range, parts) in [(None, 0..40), (Some(9 * MIB as u64..30 * MIB as u64), 9..30)] {
        let found = storage.get_stream("large", range).await.unwrap();
        assert_eq!(found.meta.size, 40 * MIB as u64);
        let found: Vec<_> = found.body.try_collect().await.unwrap();
        assert!(found.concat() == parts.map(part).collect::<Vec<_>>().concat());
    }
}

/// As with a body of no bytes.
pub async fn an_empty_stream_is_an_empty_object(storage: Storage) {
    assert_eq!(storage.put_stream("a", stream::empty().boxed()).await.unwrap(), 0);
    assert_eq!(storage.head("a").await.unwrap().size, 0);
}

/// A stream overwrites.
pub async fn a_stream_replaces_what_was_there(storage: Storage) {
    put(&storage, "a", "old and longer").await;
    let body = stream::iter([Ok("new".into())]).boxed();
    assert_eq!(storage.put_stream("a", body).await.unwrap(), 3);
    assert_eq!(storage.get("a").await.unwrap(), "new");
}

/// However far it came; the caller gets the stream's own error.
pub async fn a_failed_stream_leaves_nothing(storage: Storage) {
    for sent in [0, 1, CHUNKS] {
        let error = storage.put_stream("a/b", failing_after(sent)).await.unwrap_err();
        assert_eq!((error.kind, error.store), (StorageErrorKind::Denied, "source"));
        assert_eq!(listed(&storage, "", None).await, [""; 0]);
    }
}

/// An object is replaced by a whole one only.
pub async fn a_failed_stream_leaves_what_was_there(storage: Storage) {
    put(&storage, "a", "old").await;
    storage.put_stream("a", failing_after(CHUNKS)).await.unwrap_err();
    assert_eq!(storage.get("a").await.unwrap(), "old");
}

/// Whoever stops waiting half-way has stored nothing.
pub async fn a_dropped_stream_leaves_nothing(storage: Storage) {
    let endless = stream::iter(chunks()).chain(stream::pending()).boxed();
    let stored = storage.put_stream("a/b", endless);
    assert!(stored.now_or_never().is_none());
    assert_eq!(listed(&storage, "", None).await, [""; 0]);
}
