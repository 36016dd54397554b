//! The client's side of one connection: carries out what a worker asks.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use futures::StreamExt;
use lithops_core::ports::{ObjectStream, StorageBackend, StorageCapability, StorageError};
use lithops_core::wire::{FromRelay, PROTOCOL, ToRelay};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::Mutex;
use tokio::time::{Instant, Interval, interval_at, timeout};

use super::error::{ServeError, no_address, other_protocol};
use super::framed::Outgoing;
use super::incoming::{Incoming, Progress, Stop, pieces};
use super::lent::{Lent, Turn};
use super::{ALIVE_EVERY, AT_ONCE, OPENING, PIECE};

/// Serves one worker on a connection whose [`PREAMBLE`](super::PREAMBLE) has been read, until the
/// worker hangs up.
///
/// A request under way is given up when the worker hangs up. What a worker stores at once is held
/// in memory whole, up to 256 MiB, what it streams in pieces of up to a mebibyte. At most 256
/// connections of one [`Lent`] are at a request or a stream at the same time; a worker whose request
/// comes beyond them waits. A worker that does not read its answer is waited for until it hangs up:
/// whoever stops workers ends this too. Dropping the future closes the connection.
///
/// # Errors
/// [`ServeError`] if the worker sends what is no request, or more than may be sent at once, or does
/// not name its storage within 10 s. The connection is closed then; others know nothing of it.
pub async fn serve(stream: UnixStream, lent: Arc<Lent>) -> Result<(), ServeError> {
    let (reader, writer) = stream.into_split();
    let incoming = Arc::new(Mutex::new(Incoming::new(reader)));
    let mut session = Session { incoming, writer };
    match session.run(&lent).await {
        Ok(()) | Err(Stop::HungUp) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
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
            self.incoming.lock().await.begun().await?;
            let _turn = self.turn(lent).await?;
            let request = self.incoming.lock().await.next(AT_ONCE).await?;
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
        let first = {
            let mut incoming = self.incoming.lock().await;
            let late = |_| Stop::Failed(ServeError::Late);
            timeout(OPENING, incoming.next(0)).await.map_err(late)??
        };
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

    /// Waits until a request may be read, and tells the worker of being alive.
    async fn turn<'a>(&mut self, lent: &'a Lent) -> Result<Turn<'a>, Stop> {
        let mut turn = std::pin::pin!(lent.turn());
        let mut alive = alive();
        loop {
            tokio::select! {
                biased;
                turn = &mut turn => return Ok(turn),
                _ = alive.tick() => self.say(FromRelay::Alive).await?,
            }
        }
    }

    /// Works on a request as long as the worker waits for it, and tells it of being alive.
    async fn while_heard<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Stop> {
        let mut work = std::pin::pin!(work);
        let mut alive = alive();
        let incoming = Arc::clone(&self.incoming);
        let mut incoming = incoming.lock().await;
        loop {
            tokio::select! {
                // First, so that what was cancelled before it began does not begin.
                biased;
                said = incoming.next(0) => {
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
        let progress = Arc::new(StdMutex::new(Progress::default()));
        let body = pieces(Arc::clone(&self.incoming), Arc::clone(&progress), key.to_owned());
        let mut stored = storage.put_stream(key, body);
        let mut alive = alive();
        let stored = loop {
            tokio::select! {
                stored = &mut stored => break stored,
                _ = alive.tick() => self.say(FromRelay::Alive).await?,
            }
        };
        let reached = {
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *progress)
        };
        let at_end = match reached {
            Progress::Unfinished => false,
            Progress::Finished => true,
            Progress::Broken(error) => return Err(Stop::Failed(error)),
        };
        self.say(match stored {
            Ok(size) => FromRelay::Stored(size),
            Err(error) => failed(&error),
        })
        .await?;
        Ok(at_end)
    }

    async fn say(&mut self, message: FromRelay) -> Result<(), Stop> {
        let mut outgoing = Outgoing::new(message.encode());
        while !outgoing.is_written() {
            outgoing.write_some(&mut self.writer).await?;
        }
        Ok(())
    }
}

/// When to give the next signs of life.
fn alive() -> Interval {
    interval_at(Instant::now() + ALIVE_EVERY, ALIVE_EVERY)
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
        ToRelay::Capability => storage.capability().await.map(|capability| {
            FromRelay::Capability(StorageCapability { presign: false, ..capability })
        }),
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
        ToRelay::Presign { key, .. } => Err(no_address(&key)),
        ToRelay::Open { .. }
        | ToRelay::GetStream { .. }
        | ToRelay::PutStream { .. }
        | ToRelay::Piece(_)
        | ToRelay::End
        | ToRelay::Broken(_) => return None,
    })
}
