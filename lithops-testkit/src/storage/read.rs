//! Reading objects whole, in part and as streams.

use futures::TryStreamExt;
use lithops_core::ports::{ObjectMeta, StorageErrorKind};

use super::{Storage, put, refusal};

/// All ways of reading tell the same.
pub async fn a_missing_object_has_its_own_error(storage: Storage) {
    put(&storage, "a/b", "1").await;
    for key in ["b", "a", "a/c", "a/b/c", "c/d/e"] {
        let found = storage.get_stream(key, None).await.map(drop);
        assert_eq!(refusal(found), StorageErrorKind::NotFound, "{key}");
        assert_eq!(refusal(storage.get(key).await), StorageErrorKind::NotFound, "{key}");
        assert_eq!(refusal(storage.head(key).await), StorageErrorKind::NotFound, "{key}");
        for range in [0..0, 0..1] {
            let found = storage.get_range(key, range).await;
            assert_eq!(refusal(found), StorageErrorKind::NotFound, "{key}");
        }
    }
}

/// No bytes are something else than no object.
pub async fn an_empty_object_is_an_object(storage: Storage) {
    put(&storage, "a", "").await;
    assert_eq!(storage.get("a").await.unwrap(), "");
    let size = |meta: &ObjectMeta| (meta.key.clone(), meta.size);
    let expected = ("a".to_owned(), 0);
    assert_eq!(size(&storage.head("a").await.unwrap()), expected);
    assert_eq!(size(&storage.list("", None).await.unwrap().objects[0]), expected);
    assert_eq!(storage.get_range("a", 0..0).await.unwrap(), "");
    let stream = storage.get_stream("a", None).await.unwrap().body;
    assert_eq!(stream.try_collect::<Vec<_>>().await.unwrap().concat(), b"");
}

/// The end is not included.
pub async fn a_range_gives_exactly_its_bytes(storage: Storage) {
    put(&storage, "a", "0123456789").await;
    assert_eq!(storage.get_range("a", 0..1).await.unwrap(), "0");
    assert_eq!(storage.get_range("a", 3..7).await.unwrap(), "3456");
    assert_eq!(storage.get_range("a", 9..10).await.unwrap(), "9");
    assert_eq!(storage.get_range("a", 0..10).await.unwrap(), "0123456789");
}

/// A short answer is never given in silence.
#[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is refused")]
pub async fn a_range_past_the_end_is_an_error(storage: Storage) {
    put(&storage, "a", "0123456789").await;
    put(&storage, "empty", "").await;
    for range in [0..11, 9..11, 10..11, 11..12, 11..11, 5..u64::MAX, 7..3] {
        let found = storage.get_range("a", range.clone()).await;
        assert_eq!(refusal(found), StorageErrorKind::InvalidRange, "{range:?}");
    }
    let found = storage.get_range("empty", 0..1).await;
    assert_eq!(refusal(found), StorageErrorKind::InvalidRange);
}

/// Also right at the end.
pub async fn an_empty_range_inside_the_object_is_no_bytes(storage: Storage) {
    put(&storage, "a", "0123456789").await;
    for point in [0, 5, 10] {
        assert_eq!(storage.get_range("a", point..point).await.unwrap(), "");
    }
}

/// In order, in whatever pieces.
pub async fn a_stream_gives_all_bytes(storage: Storage) {
    let body: Vec<u8> = (0..5_000_003_u32).map(|n| (n % 251) as u8).collect();
    put(&storage, "a", body.clone()).await;
    let stream = storage.get_stream("a", None).await.unwrap().body;
    let pieces: Vec<_> = stream.try_collect().await.unwrap();
    assert!(pieces.concat() == body);
}

/// As with a range at once; the object that it is of is told whole.
pub async fn a_range_stream_gives_exactly_its_bytes(storage: Storage) {
    let body: Vec<u8> = (0..3_000_001_u32).map(|n| (n % 251) as u8).collect();
    put(&storage, "a", body.clone()).await;
    let size = body.len();
    for range in [0..1, 1..2_500_000, 7..7, size - 1..size, 0..size, size..size] {
        let wanted = Some(range.start as u64..range.end as u64);
        let stream = storage.get_stream("a", wanted).await.unwrap();
        assert_eq!((stream.meta.key.as_str(), stream.meta.size), ("a", size as u64));
        let pieces: Vec<_> = stream.body.try_collect().await.unwrap();
        assert!(pieces.concat() == body[range.clone()], "{range:?}");
    }
}

/// Told before the first byte.
pub async fn a_range_stream_past_the_end_is_an_error(storage: Storage) {
    put(&storage, "a", "0123456789").await;
    for range in [0..11, 9..11, 10..11, 11..11, 11..12] {
        let found = storage.get_stream("a", Some(range.clone())).await.map(drop);
        assert_eq!(refusal(found), StorageErrorKind::InvalidRange, "{range:?}");
    }
    let found = storage.get_stream("b", Some(0..1)).await.map(drop);
    assert_eq!(refusal(found), StorageErrorKind::NotFound);
}
