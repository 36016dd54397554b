//! Where a client listens to its agents and their workers, and who gets which connection.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lithops_core::wire::{LinkKey, Preamble};
#[cfg(feature = "relay")]
use lithops_storage::relay::Lent;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::introduction::{Stranger, introduction};
#[cfg(feature = "relay")]
use crate::relay::Relay;
use crate::stream::{Listener, Stream};

/// How many connections may not have said yet what they are for: whoever opens without end must not
/// take the client's last file.
const STRANGERS: usize = 64;

/// How long is waited after a connection could not be taken.
const CROWDED: Duration = Duration::from_millis(50);

/// Takes connections, and gives each to who waits for it. Dropping it stops listening; connections
/// that were given stay.
#[derive(Debug)]
pub struct Switchboard {
    waiting: Arc<Waiting>,
    address: Option<SocketAddr>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Waiting(Mutex<HashMap<Preamble, oneshot::Sender<Stream>>>);

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, HashMap<Preamble, oneshot::Sender<Stream>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all connections have to do with.
#[derive(Debug, Default)]
struct Desk {
    waiting: Arc<Waiting>,
    /// The key that callers must have; whoever reaches a Unix socket may call.
    key: Option<LinkKey>,
    #[cfg(feature = "relay")]
    relay: Option<Relay>,
}

impl Switchboard {
    /// Listens on a Unix socket: whoever can open it may call.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn listen_unix(listener: UnixListener) -> Self {
        Self::at(Listener::Unix(listener), None, Desk::default())
    }

    /// As [`listen_unix`](Self::listen_unix), and answers requests for storages from those that are
    /// `lent`.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[cfg(feature = "relay")]
    pub fn listen_unix_and_lend(listener: UnixListener, lent: Arc<Lent>) -> Self {
        let desk = Desk { relay: Some(Relay::new(lent)), ..Desk::default() };
        Self::at(Listener::Unix(listener), None, desk)
    }

    /// Listens over TCP: whoever reaches `address` and has the key may call, and learns that this side
    /// has it too. Others are dropped, within ten seconds, and told of in the log. What is said later
    /// is not encrypted, and no storage is lent.
    ///
    /// # Errors
    /// If the address can't be had; port 0 is any that is free.
    pub async fn listen_tcp(address: SocketAddr, key: LinkKey) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let desk = Desk { key: Some(key), ..Desk::default() };
        Ok(Self::at(Listener::Tcp(listener), Some(address), desk))
    }

    fn at(listener: Listener, address: Option<SocketAddr>, desk: Desk) -> Self {
        let waiting = Arc::clone(&desk.waiting);
        Self { waiting, address, task: tokio::spawn(accept(listener, Arc::new(desk))) }
    }

    /// Where it listens, if over TCP; with the port that was free.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The connection that will begin with this line. It is to be expected before whoever calls is
    /// started: one that nobody waits for is dropped.
    pub fn expect(&self, preamble: Preamble) -> Expected {
        let (found, connection) = oneshot::channel();
        self.waiting.lock().insert(preamble, found);
        Expected { waiting: Arc::clone(&self.waiting), preamble, connection: Some(connection) }
    }
}

impl Drop for Switchboard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A connection that has not come yet. Dropping it refuses the connection.
#[derive(Debug)]
pub struct Expected {
    waiting: Arc<Waiting>,
    preamble: Preamble,
    /// Until it has come.
    connection: Option<oneshot::Receiver<Stream>>,
}

impl Expected {
    /// Waits for the connection, without a bound: its caller knows how long a start may take. `None`
    /// once it has been given. Dropping the future loses nothing.
    pub async fn connection(&mut self) -> Option<Stream> {
        let came = self.connection.as_mut()?.await;
        self.connection = None;
        came.ok()
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.waiting.lock().remove(&self.preamble);
    }
}

async fn accept(listener: Listener, desk: Arc<Desk>) {
    let strangers = Arc::new(Semaphore::new(STRANGERS));
    // It is never closed.
    while let Ok(stranger) = Arc::clone(&strangers).acquire_owned().await {
        match listener.accept().await {
            Ok(stream) => drop(tokio::spawn(route(stream, stranger, Arc::clone(&desk)))),
            Err(error) => {
                // Too many open files, most likely: one of them will be closed.
                tracing::warn!(%error, "an agent's connection can't be taken");
                tokio::time::sleep(CROWDED).await;
            }
        }
    }
}

async fn route(mut stream: Stream, stranger: OwnedSemaphorePermit, desk: Arc<Desk>) {
    let preamble = match introduce(&mut stream, desk.key.as_ref()).await {
        Ok(preamble) => preamble,
        Err(error) => return tracing::warn!(%error, "a connection is refused"),
    };
    drop(stranger);
    if preamble == Preamble::Relay {
        return lend(stream, &desk).await;
    }
    let found = desk.waiting.lock().remove(&preamble);
    match found {
        // Whoever has given up waiting drops it, which hangs up.
        Some(found) => drop(found.send(stream)),
        None => tracing::debug!(?preamble, "nobody waits for this connection"),
    }
}

async fn introduce(stream: &mut Stream, key: Option<&LinkKey>) -> Result<Preamble, Stranger> {
    stream.attend()?;
    match stream {
        Stream::Unix(stream) => introduction(stream, key).await,
        Stream::Tcp(stream) => introduction(stream, key).await,
    }
}

/// Answers requests for storages, where any are lent.
async fn lend(stream: Stream, desk: &Desk) {
    #[cfg(feature = "relay")]
    if let (Stream::Unix(stream), Some(relay)) = (stream, &desk.relay) {
        return relay.serve(stream).await;
    }
    #[cfg(not(feature = "relay"))]
    let _refused = (stream, desk);
    tracing::warn!("a connection is refused: no storage is lent to workers that call here");
}
