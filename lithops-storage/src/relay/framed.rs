//! Bytes on their way into a socket, and frames out of one.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};

use bytes::{Buf, BufMut, Bytes};
use lithops_core::wire::{Encoded, FrameDecoder, Need};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How many buffers go to the kernel at once.
const AT_ONCE: usize = 64;

/// What of a message is not yet written.
#[derive(Debug)]
pub(super) struct Outgoing(VecDeque<Bytes>);

impl Outgoing {
    pub(super) fn new(encoded: Encoded) -> Self {
        Self(encoded.into_iter().filter(|part| !part.is_empty()).collect())
    }

    pub(super) fn is_written(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes as much as the socket takes at once. Dropped before its end, it has written nothing.
    pub(super) async fn write_some(
        &mut self,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        let slices: Vec<_> = self.0.iter().take(AT_ONCE).map(|part| IoSlice::new(part)).collect();
        let mut written = writer.write_vectored(&slices).await?;
        if written == 0 {
            return Err(ErrorKind::WriteZero.into());
        }
        while let Some(part) = self.0.front_mut() {
            if written < part.len() {
                part.advance(written);
                break;
            }
            written -= part.len();
            self.0.pop_front();
        }
        Ok(())
    }
}

/// Reads what is there into `decoder`; gives `false` at the end. Dropped before its end, it has
/// read nothing.
pub(super) async fn read_some(
    reader: &mut (impl AsyncRead + Unpin),
    decoder: &mut FrameDecoder,
) -> io::Result<bool> {
    let read = match decoder.need() {
        Need::Any(buffer) => reader.read_buf(buffer).await?,
        Need::Exactly(body, missing) => reader.read_buf(&mut body.limit(missing)).await?,
    };
    Ok(read > 0)
}

/// Whether an error of a socket only says that the other side is gone.
pub(super) fn is_hang_up(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}
