//! What is said of a container of Azure Blob Storage.

use std::path::PathBuf;

use lithops_core::config::{Config, ConfigError};
use lithops_core::secret::Secret;

use super::SECTION_NAME;
use crate::cloud::Network;

/// A container of Azure Blob Storage, and how to get at it.
///
/// Without credentials here, they are looked for in the environment (`AZURE_STORAGE_ACCOUNT_NAME`,
/// `AZURE_STORAGE_ACCOUNT_KEY`, `AZURE_STORAGE_SAS_KEY`, or `AZURE_CLIENT_ID`,
/// `AZURE_CLIENT_SECRET` and `AZURE_TENANT_ID`), then in a workload identity, then in the identity
/// of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AzureConfig {
    /// The container.
    pub container: String,
    /// The storage account.
    pub account: Option<String>,
    /// The key of the account.
    pub access_key: Option<Secret>,
    /// A shared access signature, such as `sv=...&sig=...`.
    pub sas_token: Option<Secret>,
    /// Another server than Azure's own.
    pub endpoint: Option<String>,
    /// Reads a public container without any credential.
    pub anonymous: bool,
    /// The file that this was read from, where another process of this machine finds it too.
    pub config_file: Option<PathBuf>,
    /// Whether it came of the section `[azure_storage]`.
    pub(super) of_section: bool,
    pub(super) network: Network,
}

impl AzureConfig {
    /// Says nothing but the container.
    pub fn new(container: impl Into<String>) -> Self {
        Self {
            container: container.into(),
            account: None,
            access_key: None,
            sas_token: None,
            endpoint: None,
            anonymous: false,
            config_file: None,
            of_section: false,
            network: Network::default(),
        }
    }

    /// Takes the container that the section `azure_storage` of a configuration says.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] if there is no container in it.
    pub fn from_settings(config: &Config) -> Result<Self, ConfigError> {
        let section = config.storages.azure_storage.as_ref();
        let container = section.and_then(|section| section.storage_bucket.as_deref());
        let container = container.ok_or_else(|| ConfigError::Missing {
            section: SECTION_NAME.to_owned(),
            key: "storage_bucket",
        })?;
        Ok(Self::of_section(config, container))
    }

    pub(super) fn of_section(config: &Config, container: &str) -> Self {
        let section = config.storages.azure_storage.clone().unwrap_or_default();
        Self {
            // Another process looks into the file only if there is something to find.
            config_file: config.file.clone().filter(|_| section.storage_account_key.is_some()),
            account: section.storage_account_name,
            access_key: section.storage_account_key,
            of_section: true,
            ..Self::new(container)
        }
    }

    pub(super) fn has_credentials(&self) -> bool {
        self.access_key.is_some() || self.sas_token.is_some()
    }
}
