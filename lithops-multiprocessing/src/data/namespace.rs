//! Named values of any type.

use bytes::Bytes;
use lithops_core::function::Data;
use serde::{Deserialize, Serialize};

use super::{Dict, decoded, encoded};
use crate::{Multiprocessing, Result};

/// Named values, each of a type of its own: the `Namespace` of Python's managers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Namespace {
    values: Dict<String, Bytes>,
}

impl Namespace {
    /// Makes an empty one, where the configured executor's workers reach it.
    ///
    /// # Errors
    /// As [`Lock::new`](crate::Lock::new).
    pub fn new() -> Result<Self> {
        Self::over(&Multiprocessing::configured()?)
    }

    /// Makes one, where the workers of this executor reach it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn over(context: &Multiprocessing) -> Result<Self> {
        Ok(Self { values: Dict::over(context)? })
    }

    /// Sets a value.
    ///
    /// # Errors
    /// [`Value`](crate::MultiprocessingError::Value) if it can't be encoded; else as
    /// [`Lock::acquire`](crate::Lock::acquire).
    pub fn set<T: Data>(&self, name: &str, value: T) -> Result<()> {
        self.values.insert(name.to_owned(), encoded(value)?).map(drop)
    }

    /// The value of a name, if it has one.
    ///
    /// # Errors
    /// [`Value`](crate::MultiprocessingError::Value) if it is of another type; else as
    /// [`Lock::acquire`](crate::Lock::acquire).
    pub fn get<T: Data>(&self, name: &str) -> Result<Option<T>> {
        self.values.get(&name.to_owned())?.map(decoded).transpose()
    }

    /// Removes a name; gives whether it had a value.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn remove(&self, name: &str) -> Result<bool> {
        Ok(self.values.remove(&name.to_owned())?.is_some())
    }
}
