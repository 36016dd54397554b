//! Connections of a worker that wait for their next request.

use std::os::unix::net::UnixStream as StdStream;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lithops_core::ports::{StorageError, StorageLocation};
use lithops_core::wire::FromRelay;

use super::connection::Connection;
use super::error::{LostError, not_lent};

/// How many connections wait at most; further ones are closed after their request.
const IDLE: usize = 16;

/// What leads to one storage of the client.
///
/// Connections rest outside of any runtime: calls of one process may come from several.
#[derive(Debug)]
pub(super) struct Pool {
    socket: PathBuf,
    preamble: Vec<u8>,
    pub(super) location: StorageLocation,
    idle: Mutex<Vec<StdStream>>,
}

/// Why there is no connection.
pub(super) enum Unopened {
    NotLent,
    Failed(StorageError),
    Lost(LostError),
}

impl Pool {
    pub(super) fn new(socket: PathBuf, preamble: Vec<u8>, location: StorageLocation) -> Self {
        Self { socket, preamble, location, idle: Mutex::default() }
    }

    /// A connection for one request.
    pub(super) async fn take(&self) -> Result<Connection, Unopened> {
        let idle = self.idle().pop();
        if let Some(idle) = idle {
            return Connection::resume(idle).map_err(Unopened::Lost);
        }
        let opened = Connection::open(&self.socket, &self.preamble, self.location.clone()).await;
        match opened.map_err(Unopened::Lost)? {
            (connection, FromRelay::Opened) => Ok(connection),
            (_, FromRelay::NotLent) => Err(Unopened::NotLent),
            (_, FromRelay::Failed(failure)) => Err(Unopened::Failed(failure.into())),
            _ => Err(Unopened::Lost(LostError::OutOfTurn)),
        }
    }

    /// Takes back a connection whose last answer was whole.
    pub(super) fn give_back(&self, connection: Connection) {
        let Some(connection) = connection.rest() else { return };
        let mut idle = self.idle();
        if idle.len() < IDLE {
            idle.push(connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<StdStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unopened {
    /// The error of a request that needs the connection.
    pub(super) fn of(
        self,
        operation: &'static str,
        key: &str,
        location: &StorageLocation,
    ) -> StorageError {
        match self {
            Self::NotLent => not_lent(location),
            Self::Failed(error) => error,
            Self::Lost(lost) => lost.of(operation, key),
        }
    }
}
