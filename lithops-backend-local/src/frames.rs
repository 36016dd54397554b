//! Frames between the client and a worker, through a socket.

use std::collections::VecDeque;
use std::io::{ErrorKind, IoSlice};

use bytes::{Buf, BufMut, Bytes};
use lithops_core::ports::{LaneSink, News};
use lithops_core::wire::{Encoded, Frame, FrameDecoder, FromWorker, Need};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

/// Why no more frames come.
pub(crate) type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// Writes messages until nobody sends any more or the other side hangs up; then hangs up.
pub(crate) async fn write(mut socket: OwnedWriteHalf, mut inbox: mpsc::UnboundedReceiver<Encoded>) {
    let mut messages = Vec::new();
    while inbox.recv_many(&mut messages, 64).await > 0 {
        let mut parts: VecDeque<Bytes> = messages.drain(..).flatten().collect();
        while !parts.is_empty() {
            let slices: Vec<_> = parts.iter().take(64).map(|part| IoSlice::new(part)).collect();
            let Ok(mut written) = socket.write_vectored(&slices).await else { return };
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
    // Dropping the half shuts the socket down for writing, which the other side takes as the end.
}

/// Frames as they come from a socket.
#[derive(Debug)]
pub(crate) struct Frames {
    socket: OwnedReadHalf,
    decoder: FrameDecoder,
}

impl Frames {
    pub(crate) fn new(socket: OwnedReadHalf) -> Self {
        Self { socket, decoder: FrameDecoder::new() }
    }

    /// Frames whose bodies have at most `max_body` bytes.
    #[cfg(feature = "containers")]
    pub(crate) fn with_limit(socket: OwnedReadHalf, max_body: u64) -> Self {
        Self { socket, decoder: FrameDecoder::with_limit(max_body) }
    }

    /// The next frame; `None` when the other side has hung up.
    pub(crate) async fn next(&mut self) -> Result<Option<Frame>, Unreadable> {
        loop {
            if let Some(frame) = self.decoder.next_frame()? {
                return Ok(Some(frame));
            }
            let read = match self.decoder.need() {
                Need::Any(buffer) => self.socket.read_buf(buffer).await,
                Need::Exactly(body, missing) => {
                    self.socket.read_buf(&mut BufMut::limit(body, missing)).await
                }
            };
            match read {
                Ok(0) => return Ok(None),
                Ok(_) => {}
                // A process that dies with unread messages resets the connection: an end too.
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Passes on what a worker says, until it hangs up; gives whether it has said anything.
pub(crate) async fn hear(socket: OwnedReadHalf, sink: &LaneSink) -> bool {
    let mut was_up = false;
    let mut frames = Frames::new(socket);
    loop {
        let said = match frames.next().await {
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

#[cfg(all(test, feature = "containers"))]
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
