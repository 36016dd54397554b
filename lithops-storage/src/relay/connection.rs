//! One connection of a worker to its client: requests, each after the answer to the one before.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream as StdStream;
use std::path::Path;
use std::time::Duration;

use lithops_core::wire::{FrameDecoder, FromRelay, PROTOCOL, StorageLocation, ToRelay};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, timeout};

use super::SILENCE;
use super::error::LostError;
use super::framed::{Outgoing, is_hang_up, read_some};

/// How long to wait where more connect at once than the client has accepted.
const CROWDED: Duration = Duration::from_millis(5);

/// Whoever drops it in the middle of a request hangs up: no later request meets what is left of an
/// earlier one.
#[derive(Debug)]
pub(super) struct Connection {
    socket: UnixStream,
    decoder: FrameDecoder,
}

impl Connection {
    /// Connects, and asks for a storage. The answer is any that the client gives.
    pub(super) async fn open(
        path: &Path,
        preamble: &[u8],
        location: StorageLocation,
    ) -> Result<(Self, FromRelay), LostError> {
        let socket = connect(path).await.map_err(|e| LostError::Connect(path.to_owned(), e))?;
        let mut connection = Self { socket, decoder: FrameDecoder::new() };
        let mut first = ToRelay::Open { protocol: PROTOCOL, location }.encode();
        first.insert(0, preamble.to_vec().into());
        let answer = match connection.write(Outgoing::new(first)).await? {
            Some(early) => early,
            None => connection.receive().await?,
        };
        Ok((connection, answer))
    }

    /// Goes on with a connection that another runtime may have used before.
    pub(super) fn resume(idle: StdStream) -> Result<Self, LostError> {
        Ok(Self { socket: UnixStream::from_std(idle)?, decoder: FrameDecoder::new() })
    }

    /// Leaves the runtime; `None` if the client has said more than it was asked.
    pub(super) fn rest(self) -> Option<StdStream> {
        // A connection that can't be kept is made anew.
        self.decoder.is_between_frames().then(|| self.socket.into_std().ok()).flatten()
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn ask(&mut self, request: ToRelay) -> Result<FromRelay, LostError> {
        match self.send(request).await? {
            Some(_) => Err(LostError::OutOfTurn),
            None => self.receive().await,
        }
    }

    /// Sends a message; gives an answer that comes before all of it was sent.
    pub(super) async fn send(&mut self, message: ToRelay) -> Result<Option<FromRelay>, LostError> {
        self.write(Outgoing::new(message.encode())).await
    }

    async fn write(&mut self, mut outgoing: Outgoing) -> Result<Option<FromRelay>, LostError> {
        while !outgoing.is_written() {
            let Self { socket, decoder } = self;
            let (mut reader, mut writer) = socket.split();
            tokio::select! {
                written = outgoing.write_some(&mut writer) => match written {
                    Ok(()) => {}
                    // It may have said why before it hung up.
                    Err(error) if is_hang_up(&error) => return self.receive().await.map(Some),
                    Err(error) => return Err(error.into()),
                },
                answer = receive(&mut reader, decoder) => return answer.map(Some),
            }
        }
        Ok(None)
    }

    /// Waits for an answer, as long as there are signs of life. Dropped before its end, it has
    /// taken no answer.
    pub(super) async fn receive(&mut self) -> Result<FromRelay, LostError> {
        receive(&mut self.socket, &mut self.decoder).await
    }
}

async fn receive(
    reader: &mut (impl tokio::io::AsyncRead + Unpin),
    decoder: &mut FrameDecoder,
) -> Result<FromRelay, LostError> {
    loop {
        while let Some(frame) = decoder.next_frame()? {
            match FromRelay::decode(frame)? {
                FromRelay::Alive => {}
                answer => return Ok(answer),
            }
        }
        match timeout(SILENCE, read_some(reader, decoder)).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return Err(LostError::HungUp),
            Ok(Err(error)) if is_hang_up(&error) => return Err(LostError::HungUp),
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => return Err(LostError::Silent),
        }
    }
}

async fn connect(path: &Path) -> std::io::Result<UnixStream> {
    let deadline = Instant::now() + SILENCE;
    loop {
        match UnixStream::connect(path).await {
            // The queue of the listener is full, and the kernel lets nobody wait for it.
            Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < deadline => {
                sleep(CROWDED).await;
            }
            connected => return connected,
        }
    }
}
