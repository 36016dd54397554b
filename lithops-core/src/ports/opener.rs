//! Opening storages that a value names: by the location that another process gave, or by a URI.
//!
//! Data that calls get and give names its storage, and any thread of any process may read it. What
//! can open it lies outside of this crate, so it is installed once, when a process begins to use it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{StorageBackend, StorageError, StorageErrorKind, StorageLocation};

/// What opens storages: installed by [`install_opener`].
#[derive(Clone, Copy, Debug)]
pub struct StorageOpener {
    /// Opens the storage that a location names.
    pub open: fn(&StorageLocation) -> Result<Arc<dyn StorageBackend>, StorageError>,
    /// Finds the storage and the key (or prefix, or pattern) that a URI names.
    pub locate: fn(&str) -> Result<(StorageLocation, String), StorageError>,
}

static OPENER: OnceLock<StorageOpener> = OnceLock::new();

/// Says what opens storages in this process. The first one counts.
pub fn install_opener(opener: StorageOpener) {
    OPENER.get_or_init(|| opener);
}

/// Opens the storage that `location` names, once for all who ask in this process.
///
/// # Errors
/// [`StorageErrorKind::Unsupported`] if this process can't open it.
pub fn open_storage(location: &StorageLocation) -> Result<Arc<dyn StorageBackend>, StorageError> {
    static OPEN: Mutex<BTreeMap<StorageLocation, Arc<dyn StorageBackend>>> =
        Mutex::new(BTreeMap::new());
    // Objects in memory end with the last handle to them: none is kept here.
    if location.is_in_process() {
        return (opener(&location.scheme)?.open)(location);
    }
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(storage) = open.get(location) {
        return Ok(Arc::clone(storage));
    }
    let storage = (opener(&location.scheme)?.open)(location)?;
    open.insert(location.clone(), Arc::clone(&storage));
    Ok(storage)
}

/// Finds what a URI such as `s3://bucket/key` names.
///
/// # Errors
/// [`StorageErrorKind::Unsupported`] if its scheme is unknown here.
pub fn locate(uri: &str) -> Result<(StorageLocation, String), StorageError> {
    (opener(uri)?.locate)(uri)
}

fn opener(what: &str) -> Result<&'static StorageOpener, StorageError> {
    OPENER.get().ok_or_else(|| StorageError {
        kind: StorageErrorKind::Unsupported,
        store: "storage",
        operation: "open",
        key: what.to_owned(),
        source: Some("no executor was made in this process yet, and it is no worker".into()),
    })
}
