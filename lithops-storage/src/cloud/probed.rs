//! What was found out about places, kept for all handles to them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use lithops_core::ports::StorageLocation;
use tokio::sync::OnceCell;

/// Whether the place creates as it should, once somebody has asked it.
pub(crate) fn probed(location: &StorageLocation) -> Arc<OnceCell<bool>> {
    type Places = BTreeMap<StorageLocation, Arc<OnceCell<bool>>>;
    static PLACES: Mutex<Places> = Mutex::new(BTreeMap::new());
    let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(places.entry(location.clone()).or_default())
}
