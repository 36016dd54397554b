//! Values in a fixed number of places.

use lithops_core::function::Data;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::List;
use crate::{Multiprocessing, RLock, RLockGuard, Result};

/// Values in a fixed number of places, with a lock of their own: Python's `Array`.
///
/// Reading and writing do not wait for the lock: whoever wants several done at once takes it.
pub struct Array<T> {
    items: List<T>,
    lock: RLock,
}

impl<T: Data> Array<T> {
    /// Makes one with these values, where the configured executor's workers reach it.
    ///
    /// # Errors
    /// As [`Lock::new`](crate::Lock::new).
    pub fn new(values: impl IntoIterator<Item = T>) -> Result<Self> {
        Self::over(&Multiprocessing::configured()?, values)
    }

    /// Makes one, where the workers of this executor reach it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn over(context: &Multiprocessing, values: impl IntoIterator<Item = T>) -> Result<Self> {
        let items = List::over(context)?;
        items.extend(values)?;
        Ok(Self { items, lock: RLock::over(context)? })
    }

    /// The value at `index`, if there is such a place.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn get(&self, index: usize) -> Result<Option<T>> {
        self.items.get(index)
    }

    /// Replaces the value at `index`.
    ///
    /// # Errors
    /// [`OutOfRange`](crate::MultiprocessingError::OutOfRange) if there is no such place.
    pub fn set(&self, index: usize, value: T) -> Result<()> {
        self.items.set(index, value)
    }

    /// All values, as they are at one moment.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn to_vec(&self) -> Result<Vec<T>> {
        self.items.to_vec()
    }

    /// How many places there are.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn len(&self) -> Result<usize> {
        self.items.len()
    }

    /// Whether there is no place.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn is_empty(&self) -> Result<bool> {
        self.items.is_empty()
    }

    /// Waits for the lock.
    ///
    /// # Errors
    /// As [`RLock::acquire`].
    pub fn lock(&self) -> Result<RLockGuard> {
        self.lock.acquire()
    }
}

impl<T> Clone for Array<T> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone(), lock: self.lock.clone() }
    }
}

impl<T> std::fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Array").field("items", &self.items).finish_non_exhaustive()
    }
}

impl<T> Serialize for Array<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.items, &self.lock).serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Array<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (items, lock) = Deserialize::deserialize(deserializer)?;
        Ok(Self { items, lock })
    }
}
