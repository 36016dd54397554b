//! The client's storages, lent to workers that call through a Unix socket.

use std::sync::Arc;

use lithops_storage::relay::{self, Lent};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;

/// How many connections may carry requests to storages: a call that opens without end must not take
/// the client's last file.
const RELAYS: usize = 512;

/// Answers requests to storages, on so many connections and no more.
#[derive(Debug)]
pub(crate) struct Relay {
    lent: Arc<Lent>,
    room: Semaphore,
}

impl Relay {
    pub(crate) fn new(lent: Arc<Lent>) -> Self {
        Self { lent, room: Semaphore::new(RELAYS) }
    }

    pub(crate) async fn serve(&self, stream: UnixStream) {
        let Ok(_one_of_many) = self.room.try_acquire() else {
            return tracing::warn!("calls at agents open more than {RELAYS} connections");
        };
        if let Err(error) = relay::serve(stream, Arc::clone(&self.lent)).await {
            tracing::warn!(%error, "an agent's request for a storage can't be served");
        }
    }
}
