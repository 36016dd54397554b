//! Storages of other crates, known by their scheme.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lithops_core::ports::{StorageBackend, StorageError, StorageErrorKind, StorageLocation};

/// Opens a storage of one scheme by its location; asks nothing until the first request.
pub type Opener = fn(&StorageLocation) -> Result<Arc<dyn StorageBackend>, StorageError>;

/// Makes [`open`](crate::open) know a scheme, in this process.
///
/// A worker is a process of its own and opens the location that the client's storage tells, so it
/// must know the scheme too: call this first in `main`, and then `lithops::init()`, up to which
/// workers run `main`.
///
/// # Errors
/// [`StorageErrorKind::AlreadyExists`] if the scheme is one of
/// [`known_schemes`](crate::known_schemes), or was registered with another function.
///
/// ```
/// use std::sync::Arc;
/// use lithops_core::ports::{StorageBackend, StorageError, StorageLocation};
/// use lithops_storage::{MemoryStorage, open, register};
///
/// fn open_tape(_: &StorageLocation) -> Result<Arc<dyn StorageBackend>, StorageError> {
///     Ok(Arc::new(MemoryStorage::new()))
/// }
///
/// # fn main() -> Result<(), StorageError> {
/// register("tape", open_tape)?;
/// let location = StorageLocation { scheme: "tape".into(), settings: Default::default() };
/// open(&location)?;
/// # Ok(())
/// # }
/// ```
pub fn register(scheme: &'static str, open: Opener) -> Result<(), StorageError> {
    let known = crate::known_schemes().contains(&scheme);
    let before = if known { None } else { Some(*registered().entry(scheme).or_insert(open)) };
    if before.is_some_and(|before| std::ptr::fn_addr_eq(before, open)) {
        return Ok(());
    }
    Err(StorageError {
        kind: StorageErrorKind::AlreadyExists,
        store: "storage",
        operation: "register",
        key: scheme.to_owned(),
        source: None,
    })
}

/// The function for a scheme that another crate has brought.
pub(crate) fn opener(scheme: &str) -> Option<Opener> {
    registered().get(scheme).copied()
}

fn registered() -> MutexGuard<'static, BTreeMap<&'static str, Opener>> {
    static REGISTERED: Mutex<BTreeMap<&'static str, Opener>> = Mutex::new(BTreeMap::new());
    REGISTERED.lock().unwrap_or_else(PoisonError::into_inner)
}
