//! What workers far away are told of storages: the client's settings, as they need them.

#[cfg(any(feature = "cloud", feature = "redis"))]
mod telling;
#[cfg(all(test, feature = "s3", feature = "gcs", feature = "azure", feature = "redis"))]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use lithops_core::config::{Config, ConfigError};
use lithops_core::secret::Secret;

#[cfg(any(feature = "cloud", feature = "redis"))]
pub(crate) use telling::{Section, Telling};

/// How workers far away get at the client's storages, where that is not as the client does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerAccess {
    /// The trusted profile (its id or name) that workers are known by to IBM Cloud Object Storage.
    /// No key of `[ibm_cos]` is handed on then.
    pub trusted_profile: Option<String>,
    /// Whether workers run inside IBM Cloud: they then use the direct endpoint of the region, unless
    /// `[ibm_cos]` says another.
    pub inside_ibm_cloud: bool,
}

/// Writes a `lithops.toml` for workers on other machines; `None` if there is nothing to say.
///
/// It has the sections of storages that `config` has, and the one that jobs use, with the
/// credentials that the client finds for each: in the section, in the environment, in the files of
/// Amazon's tools, in the file with Google's key. A worker that finds the text in the file that
/// `LITHOPS_CONFIG` names opens the same storages as the client, at `private_endpoint` where a
/// section has one. The text is a secret: it belongs into what a platform has for secrets.
///
/// # Errors
/// [`ConfigError::Missing`] if a section lacks what it needs, or if the storage of jobs has no
/// credentials but those of the client's machine, [`ConfigError::Credentials`] if credentials can't
/// be read or can't be handed on.
///
/// ```
/// use lithops_core::config::{Config, ConfigError};
/// use lithops_storage::{WorkerAccess, worker_settings};
///
/// # fn main() -> Result<(), ConfigError> {
/// let config = Config::resolve("lithops.toml", "[lithops]\nstorage = \"file\"", |_| None)?;
/// assert_eq!(worker_settings(&config, &WorkerAccess::default())?, None);
/// # Ok(())
/// # }
/// ```
pub fn worker_settings(
    config: &Config,
    access: &WorkerAccess,
) -> Result<Option<Secret>, ConfigError> {
    #[cfg(any(feature = "cloud", feature = "redis"))]
    return telling::tell(config, access);
    // No storage of this build can be reached from elsewhere.
    #[cfg(not(any(feature = "cloud", feature = "redis")))]
    {
        let _ = (config, access);
        Ok(None)
    }
}
