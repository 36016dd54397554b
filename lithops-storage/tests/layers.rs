//! The layers count and fail exactly what they say.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use lithops_core::ports::{PutMode, StorageBackend, StorageErrorKind};
use lithops_storage::MemoryStorage;
use lithops_storage::layers::{
    CountingStorage, Fault, FaultyStorage, LimitedStorage, RetryingStorage, Verb,
};
use tokio::time::Instant;

fn counting() -> CountingStorage {
    CountingStorage::new(Arc::new(MemoryStorage::new()))
}

fn faulty(fault: Fault) -> FaultyStorage {
    FaultyStorage::new(Arc::new(MemoryStorage::new())).with(fault)
}

async fn put(storage: &FaultyStorage, key: &str) -> Option<StorageErrorKind> {
    storage.put(key, "1".into(), PutMode::Create).await.err().map(|error| error.kind)
}

#[tokio::test]
async fn each_request_is_counted_as_what_it_is() {
    let storage = counting();
    storage.put("a", "12345".into(), PutMode::Create).await.unwrap();
    storage.put_stream("b", stream::iter([Ok("123".into())]).boxed()).await.unwrap();
    storage.get("a").await.unwrap();
    storage.get_range("a", 0..2).await.unwrap();
    storage.get_stream("b", None).await.unwrap().body.try_collect::<Vec<_>>().await.unwrap();
    storage.head("a").await.unwrap();
    storage.list("", None).await.unwrap();
    storage.copy("a", "c").await.unwrap();
    storage.delete(&["a".to_owned(), "b".to_owned()]).await.unwrap();

    let counts = storage.counts();
    assert_eq!(Verb::ALL.map(|verb| counts.of(verb)), [1; 9]);
    assert_eq!((counts.total(), counts.bytes_in, counts.bytes_out), (9, 8, 10));
}

#[tokio::test]
async fn failed_requests_count_and_their_bytes_do_not() {
    let storage = counting();
    storage.put("a", "1".into(), PutMode::Create).await.unwrap();
    let before = storage.counts();
    storage.clone().put("a", "22".into(), PutMode::Create).await.unwrap_err();
    storage.get("missing").await.unwrap_err();
    let counts = storage.counts().since(&before);
    assert_eq!((counts.of(Verb::Put), counts.of(Verb::Get), counts.total()), (1, 1, 2));
    assert_eq!((counts.bytes_in, counts.bytes_out), (0, 0));
}

#[tokio::test]
async fn a_failure_meets_the_planned_request_only() {
    let storage = faulty(Fault::failure(Verb::Put, StorageErrorKind::Unavailable).only(2..=3));
    assert_eq!(put(&storage, "a").await, None);
    assert_eq!(put(&storage, "b").await, Some(StorageErrorKind::Unavailable));
    assert_eq!(put(&storage, "b").await, Some(StorageErrorKind::Unavailable));
    assert_eq!(put(&storage, "b").await, None);
    assert_eq!(storage.list("", None).await.unwrap().objects.len(), 2);
}

#[tokio::test]
async fn a_failed_request_never_reached_the_storage() {
    let storage = faulty(Fault::failure(Verb::Put, StorageErrorKind::Denied));
    let error = storage.put("a", "1".into(), PutMode::Create).await.unwrap_err();
    let expected = "faulty: put \"a\" failed: access denied (a planned fault)";
    assert_eq!(error.to_string(), expected);
    assert_eq!(storage.get("a").await.unwrap_err().kind, StorageErrorKind::NotFound);
}

#[tokio::test]
async fn a_lost_acknowledgement_hides_a_write_that_happened() {
    let storage = faulty(Fault::lost_acknowledgement(Verb::Put).only(1..=1));
    assert_eq!(put(&storage, "a").await, Some(StorageErrorKind::Unavailable));
    assert_eq!(storage.get("a").await.unwrap(), "1");
    assert_eq!(put(&storage, "a").await, Some(StorageErrorKind::AlreadyExists));
}

#[tokio::test]
async fn a_fault_may_concern_some_keys() {
    let fault = Fault::failure(Verb::Put, StorageErrorKind::Unavailable).for_keys_with("result");
    let storage = faulty(fault.only(2..=2));
    assert_eq!(put(&storage, "a/payload").await, None);
    assert_eq!(put(&storage, "a/result").await, None);
    assert_eq!(put(&storage, "b/payload").await, None);
    assert_eq!(put(&storage, "b/result").await, Some(StorageErrorKind::Unavailable));
}

#[tokio::test]
async fn each_fault_counts_for_itself() {
    let storage = faulty(Fault::failure(Verb::Put, StorageErrorKind::Unavailable).only(1..=1))
        .with(Fault::failure(Verb::Put, StorageErrorKind::Denied).only(2..=2));
    assert_eq!(put(&storage, "a").await, Some(StorageErrorKind::Unavailable));
    assert_eq!(put(&storage, "a").await, Some(StorageErrorKind::Denied));
    assert_eq!(put(&storage, "a").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_request_sets_out_late() {
    let storage = faulty(Fault::delay(Verb::Put, Duration::from_secs(60)).only(1..=1));
    let start = Instant::now();
    assert_eq!(put(&storage, "a").await, None);
    assert_eq!(start.elapsed(), Duration::from_secs(60));
    assert_eq!(put(&storage, "b").await, None);
    assert_eq!(start.elapsed(), Duration::from_secs(60));
}

fn retrying(fault: Fault) -> (CountingStorage, RetryingStorage) {
    let counting = CountingStorage::new(Arc::new(faulty(fault)));
    let second = Duration::from_secs(1);
    let retrying = RetryingStorage::new(Arc::new(counting.clone())).attempts(3);
    (counting, retrying.waits(second, 60 * second))
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_is_made_again() {
    let fault = Fault::failure(Verb::Get, StorageErrorKind::Unavailable).only(1..=2);
    let (counting, storage) = retrying(fault);
    storage.put("a", "1".into(), PutMode::Overwrite).await.unwrap();
    let start = Instant::now();
    assert_eq!(storage.get("a").await.unwrap(), "1");
    assert_eq!(counting.counts().of(Verb::Get), 3);
    // Waits of 1 s and 2 s, each by chance up to a half less.
    let waited = start.elapsed().as_millis();
    assert!((1500..=3003).contains(&waited), "{waited} ms");
}

#[tokio::test(start_paused = true)]
async fn the_last_error_is_told_when_no_try_is_left() {
    let (counting, storage) = retrying(Fault::failure(Verb::List, StorageErrorKind::Unavailable));
    let error = storage.list("", None).await.unwrap_err();
    assert_eq!((error.kind, error.operation), (StorageErrorKind::Unavailable, "list"));
    assert_eq!(counting.counts().of(Verb::List), 3);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_asked_again() {
    let (counting, storage) = retrying(Fault::failure(Verb::Head, StorageErrorKind::Denied));
    assert_eq!(storage.head("a").await.unwrap_err().kind, StorageErrorKind::Denied);
    assert_eq!(storage.get("a").await.unwrap_err().kind, StorageErrorKind::NotFound);
    assert_eq!((counting.counts().of(Verb::Head), counting.counts().of(Verb::Get)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stream_to_store_is_tried_once() {
    let (counting, storage) =
        retrying(Fault::failure(Verb::PutStream, StorageErrorKind::Unavailable));
    let body = stream::iter([Ok("123".into())]).boxed();
    storage.put_stream("a", body).await.unwrap_err();
    assert_eq!(counting.counts().of(Verb::PutStream), 1);
}

#[tokio::test(start_paused = true)]
async fn an_object_found_after_a_lost_answer_has_no_known_creator() {
    let (counting, storage) = retrying(Fault::lost_acknowledgement(Verb::Put).only(1..=1));
    let error = storage.put("a", "1".into(), PutMode::Create).await.unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Unavailable);
    assert!(error.to_string().contains("who made it can't be known"), "{error}");
    assert_eq!(counting.counts().of(Verb::Put), 2);
    // With an answer to the first try, it is known.
    let error = storage.put("a", "1".into(), PutMode::Create).await.unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::AlreadyExists);
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_than_allowed_are_under_way() {
    let delay = Fault::delay(Verb::Get, Duration::from_secs(1));
    let storage = LimitedStorage::new(Arc::new(faulty(delay)), 2);
    storage.put("a", "1".into(), PutMode::Overwrite).await.unwrap();
    let start = Instant::now();
    let reads = (0..6).map(|_| storage.get("a"));
    futures::future::try_join_all(reads).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_stream_counts_until_it_is_dropped() {
    let storage = LimitedStorage::new(Arc::new(MemoryStorage::new()), 1);
    storage.put("a", "1".into(), PutMode::Overwrite).await.unwrap();
    let stream = storage.clone().get_stream("a", None).await.unwrap();
    let bound = Duration::from_secs(60);
    assert!(tokio::time::timeout(bound, storage.get("a")).await.is_err());
    drop(stream);
    assert_eq!(storage.get("a").await.unwrap(), "1");
}
