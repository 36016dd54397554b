//! Workers and clients that die, break off, or send rubbish.

use std::sync::Arc;

use bytes::Bytes;
use futures::{FutureExt, TryStreamExt};
use lithops_core::ports::{ObjectMeta, PutMode, StorageBackend, StorageErrorKind};
use lithops_core::wire::{
    Frame, FrameDecoder, FromRelay, Need, PROTOCOL, StorageLocation, ToRelay,
};
use lithops_storage::layers::LimitedStorage;
use lithops_storage::relay::{Lent, PREAMBLE, RelayStorage, ServeError, serve};
use lithops_storage::{FileStorage, MemoryStorage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use super::client::Client;

/// One side of a connection, spoken by hand.
pub(crate) struct ByHand {
    socket: UnixStream,
    decoder: FrameDecoder,
}

impl ByHand {
    fn new(socket: UnixStream) -> Self {
        Self { socket, decoder: FrameDecoder::new() }
    }

    pub(crate) async fn say(&mut self, encoded: Vec<Bytes>) {
        self.socket.write_all(&encoded.concat()).await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> Frame {
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                return frame;
            }
            let read = match self.decoder.need() {
                Need::Any(buffer) => self.socket.read_buf(buffer).await.unwrap(),
                Need::Exactly(body, _) => self.socket.read_buf(body).await.unwrap(),
            };
            assert!(read > 0, "the other side has hung up");
        }
    }
}

/// A worker by hand that has opened `storage`, and the client that serves it.
pub(crate) async fn worker(
    storage: Arc<dyn StorageBackend>,
) -> (ByHand, JoinHandle<Result<(), ServeError>>) {
    let location = storage.location();
    let lent = Arc::new(Lent::new());
    lent.lend(storage);
    worker_of(&lent, location).await
}

/// A worker by hand that has opened one of the storages that are lent.
pub(crate) async fn worker_of(
    lent: &Arc<Lent>,
    location: StorageLocation,
) -> (ByHand, JoinHandle<Result<(), ServeError>>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let serving = tokio::spawn(serve(theirs, Arc::clone(lent)));
    let mut worker = ByHand::new(ours);
    worker.say(ToRelay::Open { protocol: PROTOCOL, location }.encode()).await;
    assert_eq!(FromRelay::decode(worker.hear().await), Ok(FromRelay::Opened));
    (worker, serving)
}

/// A client by hand at a socket; `play` has each connection, after it was opened.
fn client<F: Future<Output = ()> + Send>(
    play: impl Fn(usize, ByHand) -> F + Send + Sync + 'static,
) -> (tempfile::TempDir, RelayStorage) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("relay");
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        for number in 1.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_exact(&mut [0; PREAMBLE.len()]).await.unwrap();
            let mut client = ByHand::new(stream);
            client.hear().await;
            client.say(FromRelay::Opened.encode()).await;
            play(number, client).await;
        }
    });
    let location = StorageLocation { scheme: "tape".to_owned(), settings: Default::default() };
    let relayed = RelayStorage::open(&socket, PREAMBLE, &location).unwrap();
    (folder, relayed)
}

fn meta() -> ObjectMeta {
    ObjectMeta { key: "a".to_owned(), size: 10, version: None, modified: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_dies_in_the_middle_of_a_stream_is_an_error_and_no_short_object() {
    let (_folder, relayed) = client(async |_, mut client: ByHand| {
        client.hear().await;
        client.say(FromRelay::Stream(meta()).encode()).await;
        client.say(FromRelay::Piece("12345".into()).encode()).await;
    });
    let mut body = relayed.get_stream("a", None).await.unwrap().body;
    assert_eq!(body.try_next().await.unwrap().unwrap(), "12345");
    let error = body.try_next().await.unwrap_err();
    assert_eq!((error.kind, error.operation), (StorageErrorKind::Unavailable, "get_stream"));
    assert!(error.to_string().contains("hung up"), "{error}");
    assert_eq!(body.try_next().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_dies_in_the_middle_of_a_body_is_an_error() {
    let (_folder, relayed) = client(async |_, mut client: ByHand| {
        client.hear().await;
        let whole = FromRelay::Body(vec![7; 100_000].into()).encode().concat();
        client.socket.write_all(&whole[..50_000]).await.unwrap();
    });
    let error = relayed.get("a").await.unwrap_err();
    assert_eq!((error.kind, error.operation), (StorageErrorKind::Unavailable, "get"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_in_the_middle_of_a_stream_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("objects");
    let files = FileStorage::new(&root).unwrap();
    let (mut worker, serving) = worker(Arc::new(files)).await;
    worker.say(ToRelay::PutStream { key: "a".to_owned() }.encode()).await;
    worker.say(ToRelay::Piece(vec![7; 1 << 20].into()).encode()).await;
    drop(worker);
    serving.await.unwrap().unwrap();
    assert!(!root.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_in_the_middle_of_a_put_stores_nothing() {
    let memory = MemoryStorage::new();
    let (mut worker, serving) = worker(Arc::new(memory.clone())).await;
    let (key, mode) = ("a".to_owned(), PutMode::Overwrite);
    let whole = ToRelay::Put { key, mode, body: vec![7; 100_000].into() }.encode().concat();
    worker.socket.write_all(&whole[..50_000]).await.unwrap();
    drop(worker);
    serving.await.unwrap().unwrap();
    assert_eq!(memory.list("", None).await.unwrap().objects, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_worker_hangs_up_is_given_up() {
    let memory = MemoryStorage::new();
    let limited = LimitedStorage::new(Arc::new(memory.clone()), 1);
    memory.put("held", "1".into(), PutMode::Create).await.unwrap();
    let held = limited.get_stream("held", None).await.unwrap();
    let (mut worker, serving) = worker(Arc::new(limited)).await;
    let (key, mode) = ("a".to_owned(), PutMode::Overwrite);
    worker.say(ToRelay::Put { key, mode, body: "1".into() }.encode()).await;
    drop(worker);
    serving.await.unwrap().unwrap();
    drop(held);
    assert_eq!(memory.get("a").await.unwrap_err().kind, StorageErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_ends_its_connection_and_no_other() {
    let shared = Client::new();
    let relayed = shared.lend(Arc::new(MemoryStorage::new()));
    relayed.put("a", "1".into(), PutMode::Create).await.unwrap();

    let mut stranger = UnixStream::connect(&shared.socket).await.unwrap();
    stranger.write_all(PREAMBLE).await.unwrap();
    stranger.write_all(&[0xff; 64]).await.unwrap();
    // It may be a reset: nothing is left to say.
    let heard = stranger.read_to_end(&mut Vec::new()).await;
    assert!(matches!(heard, Ok(0) | Err(_)), "{heard:?}");

    assert_eq!(relayed.get("a").await.unwrap(), "1");
    assert_eq!(shared.accepted(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_and_what_is_out_of_turn_are_told_apart() {
    let (mut babbling, serving) = worker(Arc::new(MemoryStorage::new())).await;
    babbling.socket.write_all(&[0xff; 64]).await.unwrap();
    let error = serving.await.unwrap().unwrap_err();
    assert!(matches!(error, ServeError::Frame(_)), "{error}");

    let (mut hasty, serving) = worker(Arc::new(MemoryStorage::new())).await;
    hasty.say(ToRelay::End.encode()).await;
    let error = serving.await.unwrap().unwrap_err();
    assert!(matches!(error, ServeError::OutOfTurn), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_without_an_answer_may_have_happened_and_is_not_repeated() {
    let (_folder, relayed) = client(async |number, mut client: ByHand| {
        assert_eq!(number, 1, "it was repeated");
        client.hear().await;
    });
    let error = relayed.put("a", "1".into(), PutMode::Create).await.unwrap_err();
    assert_eq!((error.kind, error.operation), (StorageErrorKind::Unavailable, "put"));
    assert!(error.to_string().contains("nobody can know whether"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_another_question_is_an_error_and_ends_the_connection() {
    let (_folder, relayed) = client(async |number, mut client: ByHand| {
        client.hear().await;
        let body = FromRelay::Body("1".into());
        client.say(if number == 1 { FromRelay::Done } else { body }.encode()).await;
        client.socket.read_to_end(&mut Vec::new()).await.unwrap();
    });
    let error = relayed.get("a").await.unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Unsupported);
    assert_eq!(relayed.get("a").await.unwrap(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_request_leaves_its_answer_to_nobody() {
    let shared = Client::new();
    let memory = MemoryStorage::new();
    let relayed = shared.lend(Arc::new(memory.clone()));
    for key in ["a", "b"] {
        memory.put(key, key.into(), PutMode::Create).await.unwrap();
    }
    for round in 0..200 {
        relayed.get("a").now_or_never();
        assert_eq!(relayed.get("b").await.unwrap(), "b", "{round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_changes_while_it_is_streamed_fails_as_it_does_without_a_relay() {
    const SIZE: usize = 20 << 20;
    let shared = Client::new();
    let folder = tempfile::tempdir().unwrap();
    let files = FileStorage::new(folder.path()).unwrap();
    let relayed = shared.lend(Arc::new(files.clone()));
    files.put("a", vec![7; SIZE].into(), PutMode::Create).await.unwrap();
    let mut body = relayed.get_stream("a", None).await.unwrap().body;
    let mut read = body.try_next().await.unwrap().unwrap().len();
    std::fs::File::options().write(true).open(folder.path().join("a")).unwrap().set_len(5).unwrap();
    let error = loop {
        match body.try_next().await {
            Ok(piece) => read += piece.unwrap().len(),
            Err(error) => break error,
        }
    };
    assert!(read < SIZE, "{read}");
    assert_eq!((error.kind, error.store), (StorageErrorKind::Changed, "file"));
    // The connection is as good as before.
    assert_eq!(relayed.get("a").await.unwrap().len(), 5);
    assert_eq!(shared.accepted(), 1);
}
