//! Which storages a client lends to its workers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lithops_core::ports::{StorageBackend, StorageError, StorageLocation};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::AT_WORK;
use super::objects::LentObjects;

/// The storages that workers may use through their client; what is not in here is refused.
///
/// A storage is lent whole: to read, to write and to delete. Who lends a folder lends all that is in
/// it. Of other storages single objects are lent, to be read. A lent storage in memory lives as long as it is lent.
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
#[derive(Debug)]
pub struct Lent {
    storages: Mutex<Storages>,
    objects: Mutex<BTreeMap<StorageLocation, Arc<LentObjects>>>,
    /// Only of connections at work: workers keep idle ones, and more may be idle than may work.
    at_work: Semaphore,
}

/// A place among the connections that the client works on; there always is one, in the end.
pub(super) type Turn<'a> = Option<SemaphorePermit<'a>>;

impl Default for Lent {
    fn default() -> Self {
        Self::new()
    }
}

type Storages = BTreeMap<StorageLocation, Arc<dyn StorageBackend>>;

impl Lent {
    /// Lends nothing.
    pub fn new() -> Self {
        let at_work = Semaphore::new(AT_WORK);
        Self { storages: Mutex::default(), objects: Mutex::default(), at_work }
    }

    /// Lends `storage` under its location, also to workers that are connected already.
    pub fn lend(&self, storage: Arc<dyn StorageBackend>) {
        self.storages().insert(storage.location(), storage);
    }

    /// Lends one object, to be read, unless its whole storage is lent.
    ///
    /// # Errors
    /// [`StorageError`] if this process can't open the object's storage itself.
    pub fn lend_object(&self, location: &StorageLocation, key: &str) -> Result<(), StorageError> {
        if self.is_lent(location) {
            return Ok(());
        }
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lent) = objects.get(location) {
            lent.add(key);
            return Ok(());
        }
        let lent = LentObjects::of(crate::open(location)?);
        lent.add(key);
        objects.insert(location.clone(), Arc::new(lent));
        Ok(())
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
        if let Some(storage) = self.storages().get(location) {
            return Some(Arc::clone(storage));
        }
        let objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects.get(location).map(|lent| Arc::clone(lent) as Arc<dyn StorageBackend>)
    }

    /// Waits until less than [`AT_WORK`] connections are at work.
    pub(super) async fn turn(&self) -> Turn<'_> {
        // It is never closed.
        self.at_work.acquire().await.ok()
    }

    fn storages(&self) -> MutexGuard<'_, Storages> {
        self.storages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
