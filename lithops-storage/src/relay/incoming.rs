//! What a client hears on one connection: messages, each no longer than what belongs there.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use futures::{StreamExt, stream};
use lithops_core::ports::{ByteStream, StorageError, StorageErrorKind};
use lithops_core::wire::{FrameDecoder, ToRelay};
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::Mutex;

use super::PIECE;
use super::error::ServeError;
use super::framed::{is_hang_up, read_some};

/// Why a connection ends.
pub(super) enum Stop {
    HungUp,
    Failed(ServeError),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        if is_hang_up(&error) { Self::HungUp } else { Self::Failed(error.into()) }
    }
}

pub(super) struct Incoming {
    reader: OwnedReadHalf,
    decoder: FrameDecoder,
}

impl Incoming {
    pub(super) fn new(reader: OwnedReadHalf) -> Self {
        Self { reader, decoder: FrameDecoder::with_limit(0) }
    }

    /// Waits until a message has begun.
    pub(super) async fn begun(&mut self) -> Result<(), Stop> {
        if self.decoder.is_between_frames() {
            self.read().await?;
        }
        Ok(())
    }

    /// The next message, with a body of at most `max_body` bytes. Dropped before its end, it has
    /// taken none.
    pub(super) async fn next(&mut self, max_body: usize) -> Result<ToRelay, Stop> {
        self.decoder.limit(max_body as u64);
        loop {
            let frame = self.decoder.next_frame().map_err(|e| Stop::Failed(e.into()))?;
            if let Some(frame) = frame {
                return ToRelay::decode(frame).map_err(|error| Stop::Failed(error.into()));
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<(), Stop> {
        let read = read_some(&mut self.reader, &mut self.decoder).await?;
        if read { Ok(()) } else { Err(Stop::HungUp) }
    }
}

/// How far a worker has come with a stream.
#[derive(Debug, Default)]
pub(super) enum Progress {
    /// More of it is to come, and comes before any request.
    #[default]
    Unfinished,
    /// All was said, be it that it has failed.
    Finished,
    /// What came is no part of a stream.
    Broken(ServeError),
}

/// The pieces that a worker sends, one at a time as the storage asks for them. The progress is to be
/// looked at when the storage has done with them.
pub(super) fn pieces(
    incoming: Arc<Mutex<Incoming>>,
    progress: Arc<StdMutex<Progress>>,
    key: String,
) -> ByteStream {
    let pieces = stream::unfold(Some(incoming), move |incoming| {
        let (progress, key) = (Arc::clone(&progress), key.clone());
        async move {
            let incoming = incoming?;
            let said = incoming.lock().await.next(PIECE).await;
            let (reached, last) = match said {
                Ok(ToRelay::Piece(piece)) => return Some((Ok(piece), Some(incoming))),
                Ok(ToRelay::End) => (Progress::Finished, None),
                Ok(ToRelay::Broken(failure)) => (Progress::Finished, Some(failure.into())),
                Ok(_) => (Progress::Broken(ServeError::OutOfTurn), Some(broken_off(key))),
                Err(Stop::Failed(error)) => (Progress::Broken(error), Some(broken_off(key))),
                Err(Stop::HungUp) => (Progress::Unfinished, Some(broken_off(key))),
            };
            *progress.lock().unwrap_or_else(PoisonError::into_inner) = reached;
            last.map(|error| (Err(error), None))
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
