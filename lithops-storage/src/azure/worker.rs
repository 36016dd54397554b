//! What workers far away are told of Azure Blob Storage.

use lithops_core::config::ConfigError;
use lithops_core::secret::Secret;

use super::SECTION_NAME;
use crate::worker_settings::{Section, Telling};

/// The names that the environment may give the key of an account.
const KEYS: [&str; 3] =
    ["AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_MASTER_KEY"];

/// What the section says, with account and key of the environment where it has none.
///
/// # Errors
/// [`ConfigError::Missing`] if jobs are kept there and no key is known: no other credential is
/// handed on.
pub(crate) fn worker_section(telling: &Telling<'_>) -> Result<Section, ConfigError> {
    let said = telling.config.storages.azure_storage.clone().unwrap_or_default();
    let environment = telling.environment;
    let account = said.storage_account_name;
    let account = account.or_else(|| environment("AZURE_STORAGE_ACCOUNT_NAME"));
    let surrounding = || KEYS.into_iter().find_map(environment).map(Secret::new);
    let key = said.storage_account_key.or_else(surrounding);
    if key.is_none() && telling.holds_jobs(SECTION_NAME) {
        let (section, key) = (SECTION_NAME.to_owned(), "storage_account_key");
        return Err(ConfigError::Missing { section, key });
    }
    let mut section = Section::default();
    section.say("storage_bucket", said.storage_bucket);
    section.say("storage_account_name", account);
    section.say_secret("storage_account_key", key.as_ref());
    Ok(section)
}
