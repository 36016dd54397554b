//! Objects in the memory of this process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use lithops_core::ports::{StorageError, StorageLocation};
use object_store::ObjectStore;
use object_store::memory::InMemory;

use crate::adapter::{Adapter, Creation, Listing, storage_by_adapter};
use crate::open::{OpenError, cannot_open, setting};

pub(crate) const SCHEME: &str = "memory";
const ID: &str = "id";

/// Objects in memory, gone with the last handle to them.
///
/// Clones share their objects, and so does what [`open`](crate::open) finds by the location, which
/// works in the process that made the storage and nowhere else.
///
/// ```
/// use lithops_core::ports::{PutMode, StorageBackend};
/// use lithops_storage::MemoryStorage;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lithops_core::ports::StorageError> {
/// let storage = MemoryStorage::new();
/// storage.put("a", "1".into(), PutMode::Overwrite).await?;
/// assert_eq!(lithops_storage::open(&storage.location())?.get("a").await?, "1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MemoryStorage {
    adapter: Arc<Adapter>,
}

impl MemoryStorage {
    /// Makes an empty storage.
    pub fn new() -> Self {
        let id = format!("{:032x}", rand::random::<u128>());
        let settings = BTreeMap::from([(ID.to_owned(), id.clone())]);
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let adapter = Arc::new(Adapter {
            name: SCHEME,
            creation: Creation::sure(Arc::clone(&store)),
            listing: Listing::Walk(Arc::clone(&store)),
            #[cfg(feature = "cloud")]
            signer: None,
            store,
            location: StorageLocation { scheme: SCHEME.to_owned(), settings },
        });
        let mut alive = alive();
        alive.retain(|_, adapter| adapter.strong_count() > 0);
        alive.insert(id, Arc::downgrade(&adapter));
        Self { adapter }
    }

    pub(crate) fn at(location: &StorageLocation) -> Result<Self, StorageError> {
        let id = setting(location, ID)?;
        let adapter = alive().get(id).and_then(Weak::upgrade);
        let adapter = adapter.ok_or_else(|| cannot_open(SCHEME, OpenError::NotInThisProcess))?;
        Ok(Self { adapter })
    }
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self::new()
    }
}

/// The memory storages of this process by id.
fn alive() -> MutexGuard<'static, BTreeMap<String, Weak<Adapter>>> {
    static ALIVE: Mutex<BTreeMap<String, Weak<Adapter>>> = Mutex::new(BTreeMap::new());
    ALIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

storage_by_adapter!(MemoryStorage);
