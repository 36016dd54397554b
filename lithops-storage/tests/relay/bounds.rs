//! How much of the client one worker can take: time, memory, connections.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lithops_core::ports::{PutMode, StorageBackend, StorageErrorKind};
use lithops_core::wire::{Frame, FrameError, FromRelay, ToRelay};
use lithops_storage::MemoryStorage;
use lithops_storage::relay::{Lent, ServeError, serve};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::time::{Instant, timeout};

use super::broken::{ByHand, worker, worker_of};
use super::client::Client;

const AT_ONCE: u64 = 256 << 20;
const PIECE: u64 = 1 << 20;

/// The lengths and the head of a message that claims a body of that many bytes.
fn claimed(message: ToRelay, body: u64) -> Bytes {
    let frame = Frame::read_all(message.encode().concat().into()).unwrap().remove(0);
    let mut encoded = Vec::new();
    Frame::write_head(&frame.head, body, &mut encoded);
    encoded.into()
}

fn put() -> ToRelay {
    ToRelay::Put { key: "a".to_owned(), mode: PutMode::Overwrite, body: Bytes::new() }
}

/// The claim that a connection was ended for.
fn refused(served: Result<(), ServeError>) -> u64 {
    match served.unwrap_err() {
        ServeError::Frame(FrameError::TooLong { body, .. }) => body,
        other => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn who_names_no_storage_for_10_seconds_is_hung_up_on() {
    for said in [&[][..], &[3, 0, 0]] {
        let (mut worker, theirs) = UnixStream::pair().unwrap();
        worker.write_all(said).await.unwrap();
        let begun = Instant::now();
        let error = serve(theirs, Arc::new(Lent::new())).await.unwrap_err();
        assert!(matches!(error, ServeError::Late), "{error}");
        // By a clock that goes on by itself, in whole milliseconds.
        let waited = begun.elapsed();
        assert!((10_000..=10_001).contains(&waited.as_millis()), "{waited:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_sent_at_once_up_to_256_mebibytes() {
    let (mut within, serving) = worker(Arc::new(MemoryStorage::new())).await;
    within.say(vec![claimed(put(), AT_ONCE)]).await;
    drop(within);
    serving.await.unwrap().unwrap();

    let (mut beyond, serving) = worker(Arc::new(MemoryStorage::new())).await;
    beyond.say(vec![claimed(put(), AT_ONCE + 1)]).await;
    assert_eq!(refused(serving.await.unwrap()), AT_ONCE + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_of_a_stream_has_a_mebibyte_at_most() {
    let memory = MemoryStorage::new();
    let (mut worker, serving) = worker(Arc::new(memory.clone())).await;
    worker.say(ToRelay::PutStream { key: "a".to_owned() }.encode()).await;
    worker.say(ToRelay::Piece(vec![7; PIECE as usize].into()).encode()).await;
    worker.say(vec![claimed(ToRelay::Piece(Bytes::new()), PIECE + 1)]).await;
    assert_eq!(refused(serving.await.unwrap()), PIECE + 1);
    assert_eq!(memory.list("", None).await.unwrap().objects, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_piece_ends_a_stream_and_its_connection() {
    let (mut worker, serving) = worker(Arc::new(MemoryStorage::new())).await;
    worker.say(ToRelay::PutStream { key: "a".to_owned() }.encode()).await;
    worker.say(ToRelay::Capability.encode()).await;
    let error = serving.await.unwrap().unwrap_err();
    assert!(matches!(error, ServeError::OutOfTurn), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opens_a_storage_and_what_asks_of_it_has_no_body() {
    let memory = MemoryStorage::new();
    let (mut early, theirs) = UnixStream::pair().unwrap();
    let open = ToRelay::Open { protocol: 1, location: memory.location() };
    early.write_all(&claimed(open, 1)).await.unwrap();
    assert_eq!(refused(serve(theirs, Arc::new(Lent::new())).await), 1);

    let (mut asking, serving) = worker(Arc::new(memory)).await;
    asking.say(vec![claimed(ToRelay::Capability, 1), "x".into()]).await;
    let error = serving.await.unwrap().unwrap_err();
    assert!(matches!(error, ServeError::Frame(FrameError::Body)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_larger_object_is_streamed_or_said_to_be_too_large() {
    let client = Client::new();
    let relayed = client.lend(Arc::new(MemoryStorage::new()));
    let body = Bytes::from(vec![0; AT_ONCE as usize + 1]);

    let error = relayed.put("a", body.clone(), PutMode::Create).await.unwrap_err();
    assert_eq!((error.kind, error.operation), (StorageErrorKind::Unsupported, "put"));
    assert!(error.to_string().contains("takes 256 MiB at once"), "{error}");

    relayed.put("a", body, PutMode::Overwrite).await.unwrap();
    assert_eq!(relayed.head("a").await.unwrap().size, AT_ONCE + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_keys_than_one_message_takes_are_deleted() {
    let client = Client::new();
    let memory = MemoryStorage::new();
    let relayed = client.lend(Arc::new(memory.clone()));
    memory.put("k2500", "1".into(), PutMode::Create).await.unwrap();
    let keys: Vec<_> = (0..2501).map(|number| format!("k{number}")).collect();
    relayed.delete(&keys).await.unwrap();
    assert_eq!(memory.list("", None).await.unwrap().objects, []);
}

/// Those that are idle do not count: they have been opened all at once.
#[tokio::test(start_paused = true)]
async fn of_more_than_256_connections_at_work_the_last_one_waits() {
    let memory = MemoryStorage::new();
    let lent = Arc::new(Lent::new());
    lent.lend(Arc::new(memory.clone()));
    let mut workers: Vec<ByHand> = Vec::new();
    for _ in 0..257 {
        workers.push(worker_of(&lent, memory.location()).await.0);
    }
    let mut last = workers.pop().unwrap();
    for worker in &mut workers {
        worker.say(ToRelay::PutStream { key: "a".to_owned() }.encode()).await;
    }
    // Whoever is told that the client is at it has its place.
    for worker in &mut workers {
        assert_eq!(FromRelay::decode(worker.hear().await), Ok(FromRelay::Alive));
    }
    last.say(ToRelay::Capability.encode()).await;
    for _ in 0..7 {
        assert_eq!(FromRelay::decode(last.hear().await), Ok(FromRelay::Alive));
    }
    workers.pop();
    let answer = timeout(Duration::from_secs(1), last.hear()).await.unwrap();
    assert!(matches!(FromRelay::decode(answer), Ok(FromRelay::Capability(_))));
}
