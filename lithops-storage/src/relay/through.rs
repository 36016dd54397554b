//! Storages that this process opens through its client, without being told so one by one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use lithops_core::ports::{StorageBackend, StorageError, StorageLocation};

use super::error::place;
use super::pool::Unopened;
use super::{PREAMBLE, RelayStorage};

struct Through {
    socket: PathBuf,
    /// Opened once each: also storages in memory, which are opened anew for each object.
    opened: Mutex<BTreeMap<StorageLocation, RelayStorage>>,
}

static THROUGH: OnceLock<Through> = OnceLock::new();

/// Makes [`open`](crate::open) ask the client at `socket` first, from now on and in this process.
///
/// For workers that do not see what their client sees. What the client does not lend is opened
/// directly, as without this; a client that does not answer is an error. The first call counts.
/// Each storage is asked for once, which blocks for a round trip.
pub fn relay_through(socket: &Path) {
    THROUGH.get_or_init(|| Through { socket: socket.to_owned(), opened: Mutex::default() });
}

/// Opens a storage of the client; `None` if there is no client to ask, or it does not lend it.
pub(crate) fn open_through(
    location: &StorageLocation,
) -> Option<Result<Arc<dyn StorageBackend>, StorageError>> {
    let through = THROUGH.get()?;
    let mut opened = through.opened.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(storage) = opened.get(location) {
        return Some(Ok(Arc::new(storage.clone())));
    }
    match RelayStorage::ask_for(&through.socket, PREAMBLE, location) {
        Ok(storage) => {
            opened.insert(location.clone(), storage.clone());
            Some(Ok(Arc::new(storage)))
        }
        Err(Unopened::NotLent) => {
            tracing::debug!(place = place(location), "not lent by the client: opened directly");
            None
        }
        Err(unopened) => Some(Err(unopened.of("open", &place(location), location))),
    }
}
