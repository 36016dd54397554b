//! Frames that come through a socket.

use std::io::Read;
use std::os::unix::net::UnixStream;

use lithops_core::wire::{Frame, FrameDecoder, FrameError, Need};

/// Why what the client says can't be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("what the client says can't be understood: {0}")]
    Frame(#[from] FrameError),
}

/// Frames as they come through a socket.
#[derive(Debug)]
pub(crate) struct Frames {
    socket: UnixStream,
    decoder: FrameDecoder,
    piece: Vec<u8>,
}

impl Frames {
    pub(crate) fn new(socket: UnixStream) -> Self {
        Self { socket, decoder: FrameDecoder::new(), piece: vec![0; 64 * 1024] }
    }

    /// Frames whose bodies have at most `max_body` bytes.
    pub(crate) fn with_limit(socket: UnixStream, max_body: u64) -> Self {
        Self { decoder: FrameDecoder::with_limit(max_body), ..Self::new(socket) }
    }

    /// The next frame; `None` when the client has hung up.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, ServeError> {
        loop {
            if let Some(frame) = self.decoder.next_frame()? {
                return Ok(Some(frame));
            }
            let read = match self.decoder.need() {
                Need::Any(buffer) => {
                    let read = self.socket.read(&mut self.piece)?;
                    buffer.extend_from_slice(&self.piece[..read]);
                    read
                }
                Need::Exactly(body, missing) => {
                    Read::by_ref(&mut self.socket).take(missing as u64).read_to_end(body)?
                }
            };
            if read == 0 {
                return Ok(None);
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_body_beyond_the_limit_is_not_waited_for() {
        let (mut client, ours) = UnixStream::pair().unwrap();
        let mut lengths = Vec::new();
        Frame::write_head(&[], 1, &mut lengths);
        client.write_all(&lengths).unwrap();
        let error = Frames::with_limit(ours, 0).next().unwrap_err();
        assert!(matches!(error, ServeError::Frame(FrameError::TooLong { head: 0, body: 1 })));
    }
}
