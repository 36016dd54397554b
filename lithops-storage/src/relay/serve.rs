//! The client's side of one connection: carries out what a worker asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::{StreamExt, stream};
use lithops_core::ports::{
    ByteStream, ObjectStream, StorageBackend, StorageError, StorageErrorKind,
};
use lithops_core::secret::Secret;
use lithops_core::wire::{FrameDecoder, FromRelay, PROTOCOL, ToRelay};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Mutex;
use tokio::time::{Instant, interval_at};

use super::error::{ServeError, other_protocol};
use super::framed::{Outgoing, is_hang_up, read_some};
use super::lent::Lent;
use super::{ALIVE_EVERY, PIECE};

/// Serves one worker on a connection whose [`PREAMBLE`](super::PREAMBLE) has been read, until the
/// worker hangs up.
///
/// A request under way is given up when the worker hangs up. What a worker stores at once is held
/// in memory whole, what it streams in pieces of up to a mebibyte. A worker that does not read its
/// answer is waited for until it hangs up: whoever stops workers ends this too. Dropping the future
/// closes the connection.
///
/// # Errors
/// [`ServeError`] if the worker sends what is no request. The connection is closed then; others
/// know nothing of it.
pub async fn serve(stream: UnixStream, lent: Arc<Lent>) -> Result<(), ServeError> {
    let (reader, writer) = stream.into_split();
    let incoming = Incoming { reader, decoder: FrameDecoder::new() };
    let mut session = Session { incoming: Arc::new(Mutex::new(incoming)), writer };
    match session.run(&lent).await {
        Ok(()) | Err(Stop::HungUp) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Why a connection ends.
enum Stop {
    HungUp,
    Failed(ServeError),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        if is_hang_up(&error) { Self::HungUp } else { Self::Failed(error.into()) }
    }
}

struct Incoming {
    reader: OwnedReadHalf,
    decoder: FrameDecoder,
}

impl Incoming {
    /// The next message. Dropped before its end, it has taken none.
    async fn next(&mut self) -> Result<ToRelay, Stop> {
        loop {
            let frame = self.decoder.next_frame().map_err(|e| Stop::Failed(e.into()))?;
            if let Some(frame) = frame {
                return ToRelay::decode(frame).map_err(|error| Stop::Failed(error.into()));
            }
            if !read_some(&mut self.reader, &mut self.decoder).await? {
                return Err(Stop::HungUp);
            }
        }
    }
}

struct Session {
    /// Lent to the stream that is being stored, while it is.
    incoming: Arc<Mutex<Incoming>>,
    writer: OwnedWriteHalf,
}

impl Session {
    async fn run(&mut self, lent: &Lent) -> Result<(), Stop> {
        let Some(storage) = self.open(lent).await? else { return Ok(()) };
        loop {
            let request = self.incoming.lock().await.next().await?;
            match request {
                ToRelay::GetStream { key, range } => {
                    let found = self.while_heard(storage.get_stream(&key, range)).await?;
                    self.send_stream(found).await?;
                }
                ToRelay::PutStream { key } => {
                    if !self.take_stream(storage.as_ref(), &key).await? {
                        return Ok(());
                    }
                }
                request => {
                    let answer = self.while_heard(carry_out(storage.as_ref(), request)).await?;
                    match answer {
                        Some(Ok(answer)) => self.say(answer).await?,
                        Some(Err(error)) => self.say(failed(&error)).await?,
                        None => return Err(Stop::Failed(ServeError::OutOfTurn)),
                    }
                }
            }
        }
    }

    /// Opens what the worker asks for, if it is lent.
    async fn open(&mut self, lent: &Lent) -> Result<Option<Arc<dyn StorageBackend>>, Stop> {
        let first = self.incoming.lock().await.next().await?;
        let ToRelay::Open { protocol, location } = first else {
            return Err(Stop::Failed(ServeError::OutOfTurn));
        };
        let storage = lent.get(&location);
        let answer = match &storage {
            _ if protocol != PROTOCOL => failed(&other_protocol(&location, protocol, PROTOCOL)),
            Some(_) => FromRelay::Opened,
            None => FromRelay::NotLent,
        };
        let is_open = answer == FromRelay::Opened;
        self.say(answer).await?;
        Ok(storage.filter(|_| is_open))
    }

    /// Works on a request as long as the worker waits for it, and tells it of being alive.
    async fn while_heard<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Stop> {
        let mut work = std::pin::pin!(work);
        let mut alive = interval_at(Instant::now() + ALIVE_EVERY, ALIVE_EVERY);
        let incoming = Arc::clone(&self.incoming);
        let mut incoming = incoming.lock().await;
        loop {
            tokio::select! {
                // First, so that what was cancelled before it began does not begin.
                biased;
                said = incoming.next() => {
                    said?;
                    return Err(Stop::Failed(ServeError::OutOfTurn));
                }
                done = &mut work => return Ok(done),
                _ = alive.tick() => self.say(FromRelay::Alive).await?,
            }
        }
    }

    async fn send_stream(&mut self, found: Result<ObjectStream, StorageError>) -> Result<(), Stop> {
        let ObjectStream { meta, mut body } = match found {
            Ok(found) => found,
            Err(error) => return self.say(failed(&error)).await,
        };
        self.say(FromRelay::Stream(meta)).await?;
        loop {
            let mut piece = match self.while_heard(body.next()).await? {
                Some(Ok(piece)) => piece,
                Some(Err(error)) => return self.say(failed(&error)).await,
                None => return self.say(FromRelay::End).await,
            };
            while !piece.is_empty() {
                let part = piece.split_to(piece.len().min(PIECE));
                self.say(FromRelay::Piece(part)).await?;
            }
        }
    }

    /// Stores the stream that follows. Gives whether the next message is a request again: it is
    /// not, where the storage has failed in the middle of the stream.
    async fn take_stream(&mut self, storage: &dyn StorageBackend, key: &str) -> Result<bool, Stop> {
        let at_end = Arc::new(AtomicBool::new(false));
        let body = pieces(Arc::clone(&self.incoming), Arc::clone(&at_end), key.to_owned());
        let mut stored = storage.put_stream(key, body);
        let mut alive = interval_at(Instant::now() + ALIVE_EVERY, ALIVE_EVERY);
        let stored = loop {
            tokio::select! {
                stored = &mut stored => break stored,
                _ = alive.tick() => self.say(FromRelay::Alive).await?,
            }
        };
        self.say(match stored {
            Ok(size) => FromRelay::Stored(size),
            Err(error) => failed(&error),
        })
        .await?;
        Ok(at_end.load(Ordering::Acquire))
    }

    async fn say(&mut self, message: FromRelay) -> Result<(), Stop> {
        let mut outgoing = Outgoing::new(message.encode());
        while !outgoing.is_written() {
            outgoing.write_some(&mut self.writer).await?;
        }
        Ok(())
    }
}

fn failed(error: &StorageError) -> FromRelay {
    FromRelay::Failed(error.into())
}

/// Does what needs one answer; `None` if it was no request.
async fn carry_out(
    storage: &dyn StorageBackend,
    request: ToRelay,
) -> Option<Result<FromRelay, StorageError>> {
    Some(match request {
        ToRelay::Capability => storage.capability().await.map(FromRelay::Capability),
        ToRelay::Put { key, mode, body } => {
            storage.put(&key, body, mode).await.map(|()| FromRelay::Done)
        }
        ToRelay::Get { key } => storage.get(&key).await.map(FromRelay::Body),
        ToRelay::GetRange { key, range } => {
            storage.get_range(&key, range).await.map(FromRelay::Body)
        }
        ToRelay::Head { key } => storage.head(&key).await.map(FromRelay::Meta),
        ToRelay::List { prefix, after } => {
            storage.list(&prefix, after.as_deref()).await.map(FromRelay::Page)
        }
        ToRelay::Delete { keys } => storage.delete(&keys).await.map(|()| FromRelay::Done),
        ToRelay::Copy { from, to } => storage.copy(&from, &to).await.map(|()| FromRelay::Done),
        ToRelay::Presign { key, access, valid_for } => {
            let address = storage.presign(&key, access, valid_for).await;
            address.map(|address| FromRelay::Address(Secret::new(address)))
        }
        ToRelay::Open { .. }
        | ToRelay::GetStream { .. }
        | ToRelay::PutStream { .. }
        | ToRelay::Piece(_)
        | ToRelay::End
        | ToRelay::Broken(_) => return None,
    })
}

/// The pieces that a worker sends, one at a time as the storage asks for them. Sets `at_end` when
/// the last one has come, or the worker's word that it failed.
fn pieces(incoming: Arc<Mutex<Incoming>>, at_end: Arc<AtomicBool>, key: String) -> ByteStream {
    let pieces = stream::unfold(Some(incoming), move |incoming| {
        let (at_end, key) = (Arc::clone(&at_end), key.clone());
        async move {
            let incoming = incoming?;
            let said = incoming.lock().await.next().await;
            match said {
                Ok(ToRelay::Piece(piece)) => Some((Ok(piece), Some(incoming))),
                Ok(ToRelay::End) => {
                    at_end.store(true, Ordering::Release);
                    None
                }
                Ok(ToRelay::Broken(failure)) => {
                    at_end.store(true, Ordering::Release);
                    Some((Err(failure.into()), None))
                }
                Ok(_) | Err(_) => Some((Err(broken_off(key)), None)),
            }
        }
    });
    pieces.boxed()
}

/// Nobody reads it but the storage, which stores nothing then: the worker is gone.
fn broken_off(key: String) -> StorageError {
    StorageError {
        kind: StorageErrorKind::Unavailable,
        store: "relay",
        operation: "put_stream",
        key,
        source: Some("the worker broke off in the middle of the stream".into()),
    }
}
