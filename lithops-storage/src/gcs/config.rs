//! What is said of a bucket of Google Cloud Storage.

use std::path::PathBuf;

use lithops_core::config::{Config, ConfigError};
use lithops_core::secret::Secret;

use super::SECTION_NAME;
use crate::cloud::Network;

/// A bucket of Google Cloud Storage, and how to get at it.
///
/// Only the bucket must be given. Without credentials here, they are looked for in the environment
/// (`GOOGLE_APPLICATION_CREDENTIALS`, `GOOGLE_SERVICE_ACCOUNT`, `GOOGLE_SERVICE_ACCOUNT_KEY`), then
/// where `gcloud auth application-default login` puts them, then in the metadata of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GcsConfig {
    /// The bucket.
    pub bucket: String,
    /// The file with the key of a service account, or with the credentials of a user.
    pub credentials_path: Option<PathBuf>,
    /// The key of a service account, as JSON.
    pub service_account_key: Option<Secret>,
    /// Another server than Google's own.
    pub endpoint: Option<String>,
    /// Reads a public bucket without any credential.
    pub anonymous: bool,
    /// The configuration file with the key, where another process of this machine finds it too.
    pub config_file: Option<PathBuf>,
    /// Whether it came of the section `[gcp_storage]`.
    pub(super) of_section: bool,
    pub(super) network: Network,
}

impl GcsConfig {
    /// Says nothing but the bucket.
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            credentials_path: None,
            service_account_key: None,
            endpoint: None,
            anonymous: false,
            config_file: None,
            of_section: false,
            network: Network::default(),
        }
    }

    /// Takes the bucket that the section `gcp_storage` of a configuration says.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] if there is no bucket in it.
    pub fn from_settings(config: &Config) -> Result<Self, ConfigError> {
        let section = config.storages.gcp_storage.as_ref();
        let bucket = section.and_then(|section| section.storage_bucket.as_deref());
        let bucket = bucket.ok_or_else(|| ConfigError::Missing {
            section: SECTION_NAME.to_owned(),
            key: "storage_bucket",
        })?;
        Ok(Self::of_section(config, bucket))
    }

    pub(super) fn of_section(config: &Config, bucket: &str) -> Self {
        let section = config.storages.gcp_storage.clone().unwrap_or_default();
        Self {
            // Another process looks into the file only if there is something to find.
            config_file: config.file.clone().filter(|_| section.service_account_key.is_some()),
            credentials_path: section.credentials_path,
            service_account_key: section.service_account_key,
            of_section: true,
            ..Self::new(bucket)
        }
    }
}
