//! What the configuration of this process says of storages.

#[cfg(feature = "cloud")]
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lithops_core::config::Config;
#[cfg(feature = "cloud")]
use lithops_core::ports::{StorageError, StorageLocation};

#[cfg(any(feature = "cloud", feature = "redis"))]
use crate::open::{OpenError, cannot_open};

/// Says which settings hold for the storages that URIs name in this process; the last ones count.
///
/// An executor does it by itself. A process that has not been told reads the configuration file
/// where it would be found by default.
pub fn configure(config: &Config) {
    *current() = Some(Arc::new(config.clone()));
}

#[cfg(any(feature = "cloud", feature = "redis"))]
pub(crate) fn configured() -> Result<Arc<Config>, lithops_core::ports::StorageError> {
    let mut current = current();
    if let Some(config) = &*current {
        return Ok(Arc::clone(config));
    }
    let config = Config::load();
    let config = config.map_err(|error| cannot_open("settings", OpenError::Settings(error)))?;
    Ok(Arc::clone(current.insert(Arc::new(config))))
}

/// The setting of a location that came of a section of a configuration.
#[cfg(feature = "cloud")]
pub(crate) const SECTION: &str = "section";

/// The setting of a location that names the file of that configuration.
#[cfg(feature = "cloud")]
pub(crate) const CONFIG: &str = "config";

/// The settings of this process, where they go before what a location and its file say: they must
/// have the section that the location came of.
///
/// They do if the variable `LITHOPS_CONFIG` names their file, unless the program was told of another
/// one; and if the location names a file that is not here, as one from a worker far away does.
#[cfg(feature = "cloud")]
pub(crate) fn own_settings(
    location: &StorageLocation,
    place: &str,
) -> Result<Option<Arc<Config>>, StorageError> {
    let Some(section) = location.settings.get(SECTION) else { return Ok(None) };
    let told = current().clone();
    if let Some(path) = std::env::var_os("LITHOPS_CONFIG").map(PathBuf::from) {
        let file = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
        let other = told.as_ref().and_then(|told| told.file.as_ref()).filter(|told| **told != file);
        if other.is_none() {
            let config = Config::read(&path);
            let config = config.map_err(|error| cannot_open(place, OpenError::Settings(error)))?;
            return Ok(Some(Arc::new(config)).filter(|config| config.storages.has(section)));
        }
    }
    let elsewhere = location.settings.get(CONFIG).is_some_and(|path| !Path::new(path).exists());
    Ok(told.filter(|told| elsewhere && told.storages.has(section)))
}

fn current() -> MutexGuard<'static, Option<Arc<Config>>> {
    static CURRENT: Mutex<Option<Arc<Config>>> = Mutex::new(None);
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}
