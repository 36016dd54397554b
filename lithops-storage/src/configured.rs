//! What the configuration of this process says of storages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lithops_core::config::Config;

#[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "redis"))]
use crate::open::{OpenError, cannot_open};

/// Says which settings hold for the storages that URIs name in this process; the last ones count.
///
/// An executor does it by itself. A process that has not been told reads the configuration file
/// where it would be found by default.
pub fn configure(config: &Config) {
    *current() = Some(Arc::new(config.clone()));
}

#[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "redis"))]
pub(crate) fn configured() -> Result<Arc<Config>, lithops_core::ports::StorageError> {
    let mut current = current();
    if let Some(config) = &*current {
        return Ok(Arc::clone(config));
    }
    let config = Config::load();
    let config = config.map_err(|error| cannot_open("settings", OpenError::Settings(error)))?;
    Ok(Arc::clone(current.insert(Arc::new(config))))
}

fn current() -> MutexGuard<'static, Option<Arc<Config>>> {
    static CURRENT: Mutex<Option<Arc<Config>>> = Mutex::new(None);
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}
