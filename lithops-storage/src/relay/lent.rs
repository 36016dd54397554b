//! Which storages a client lends to its workers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lithops_core::ports::{StorageBackend, StorageLocation};

/// The storages that workers may use through their client; what is not in here is refused.
///
/// What is lent is lent whole: to read, to write and to delete. Who lends a folder lends all that
/// is in it. A lent storage in memory lives as long as it is lent.
///
/// ```
/// use std::sync::Arc;
/// use lithops_core::ports::StorageBackend;
/// use lithops_storage::MemoryStorage;
/// use lithops_storage::relay::Lent;
///
/// let storage = MemoryStorage::new();
/// let lent = Lent::new();
/// lent.lend(Arc::new(storage.clone()));
/// assert!(lent.is_lent(&storage.location()));
/// lent.take_back(&storage.location());
/// assert!(!lent.is_lent(&storage.location()));
/// ```
#[derive(Debug, Default)]
pub struct Lent {
    storages: Mutex<BTreeMap<StorageLocation, Arc<dyn StorageBackend>>>,
}

impl Lent {
    /// Lends nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lends `storage` under its location, also to workers that are connected already.
    pub fn lend(&self, storage: Arc<dyn StorageBackend>) {
        self.storages().insert(storage.location(), storage);
    }

    /// Lends it no longer; who has opened it keeps it until it hangs up.
    pub fn take_back(&self, location: &StorageLocation) {
        self.storages().remove(location);
    }

    /// Whether a storage is lent.
    pub fn is_lent(&self, location: &StorageLocation) -> bool {
        self.storages().contains_key(location)
    }

    pub(super) fn get(&self, location: &StorageLocation) -> Option<Arc<dyn StorageBackend>> {
        self.storages().get(location).map(Arc::clone)
    }

    fn storages(&self) -> MutexGuard<'_, BTreeMap<StorageLocation, Arc<dyn StorageBackend>>> {
        self.storages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
