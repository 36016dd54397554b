//! Frames between the client and a worker, or an agent, through a connection.

use std::collections::VecDeque;
use std::io::{ErrorKind, IoSlice};

use bytes::{Buf, BufMut, Bytes};
use lithops_core::ports::{LaneSink, News};
use lithops_core::wire::{Encoded, Frame, FrameDecoder, FromWorker, Need};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

/// Why no more frames come.
pub type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// Writes messages until nobody sends any more or the other side hangs up; then hangs up. Dropping
/// the future hangs up too, in the middle of a message if it must.
pub async fn write(
    mut connection: impl AsyncWrite + Unpin,
    mut inbox: mpsc::UnboundedReceiver<Encoded>,
) {
    let mut messages = Vec::new();
    while inbox.recv_many(&mut messages, 64).await > 0 {
        let mut parts: VecDeque<Bytes> = messages.drain(..).flatten().collect();
        while !parts.is_empty() {
            let slices: Vec<_> = parts.iter().take(64).map(|part| IoSlice::new(part)).collect();
            let Ok(mut written) = connection.write_vectored(&slices).await else { return };
            while let Some(part) = parts.front_mut() {
                if written < part.len() {
                    part.advance(written);
                    break;
                }
                written -= part.len();
                parts.pop_front();
            }
        }
    }
    // Dropping the half shuts the connection down for writing, which the other side takes as the end.
}

/// Frames as they come from a connection.
#[derive(Debug)]
pub struct Frames<R> {
    connection: R,
    decoder: FrameDecoder,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    /// Frames whose bodies may be as large as any.
    pub fn new(connection: R) -> Self {
        Self { connection, decoder: FrameDecoder::new() }
    }

    /// Frames whose bodies have at most `max_body` bytes.
    pub fn with_limit(connection: R, max_body: u64) -> Self {
        Self { connection, decoder: FrameDecoder::with_limit(max_body) }
    }

    /// The next frame; `None` when the other side has hung up, or is gone. Dropping the future loses
    /// nothing that has come.
    ///
    /// # Errors
    /// [`FrameError`](lithops_core::wire::FrameError) if what comes is no frame, or what the operating
    /// system says of the connection.
    pub async fn next(&mut self) -> Result<Option<Frame>, Unreadable> {
        loop {
            if let Some(frame) = self.decoder.next_frame()? {
                return Ok(Some(frame));
            }
            let read = match self.decoder.need() {
                Need::Any(buffer) => self.connection.read_buf(buffer).await,
                Need::Exactly(body, missing) => {
                    self.connection.read_buf(&mut BufMut::limit(body, missing)).await
                }
            };
            match read {
                Ok(0) => return Ok(None),
                Ok(_) => {}
                Err(error) if is_end(error.kind()) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// A process that dies with unread messages resets the connection; a machine that vanishes lets it
/// time out.
fn is_end(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionReset | ErrorKind::TimedOut | ErrorKind::HostUnreachable)
}

/// Passes on what a worker says, until it hangs up or `enough` comes; gives whether it has said
/// anything.
pub async fn hear(
    connection: impl AsyncRead + Unpin,
    sink: &LaneSink,
    enough: impl Future<Output = ()>,
) -> bool {
    let mut was_up = false;
    let mut frames = Frames::new(connection);
    let mut enough = std::pin::pin!(enough);
    loop {
        let next = tokio::select! {
            () = &mut enough => return was_up,
            next = frames.next() => next,
        };
        let said = match next {
            Ok(Some(frame)) => FromWorker::decode(frame).map_err(Unreadable::from),
            Ok(None) => return was_up,
            Err(error) => Err(error),
        };
        match said {
            Ok(said) => {
                was_up = true;
                if !sink.send(News::Said(said)) {
                    return was_up;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a worker can't be understood");
                return was_up;
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use lithops_core::wire::FrameError;
    use tokio::net::UnixStream;

    use super::*;

    #[tokio::test]
    async fn a_body_beyond_the_limit_is_not_waited_for() {
        let (ours, mut agent) = UnixStream::pair().unwrap();
        let mut lengths = Vec::new();
        Frame::write_head(&[], 1, &mut lengths);
        agent.write_all(&lengths).await.unwrap();
        let error = Frames::with_limit(ours.into_split().0, 0).next().await.unwrap_err();
        let error = error.downcast_ref::<FrameError>();
        assert_eq!(error, Some(&FrameError::TooLong { head: 0, body: 1 }));
    }
}
