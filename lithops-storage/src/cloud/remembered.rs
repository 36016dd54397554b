//! Credentials that a program gave in code, for the storages that its own process opens again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lithops_core::ports::StorageLocation;

/// What was given for each place; of two for one place, the later one counts.
#[derive(Debug)]
pub(crate) struct Remembered<T>(Mutex<BTreeMap<StorageLocation, T>>);

impl<T: Clone> Remembered<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    pub(crate) fn keep(&self, location: &StorageLocation, given: &T) {
        self.places().insert(location.clone(), given.clone());
    }

    pub(crate) fn find(&self, location: &StorageLocation) -> Option<T> {
        self.places().get(location).cloned()
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<StorageLocation, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
