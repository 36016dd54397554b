//! What workers far away are told of Google Cloud Storage.

use std::path::{Path, PathBuf};

use lithops_core::config::ConfigError;
use lithops_core::secret::Secret;
use serde::Deserialize;

use super::SECTION_NAME;
use crate::worker_settings::{Section, Telling};

/// Where `gcloud auth application-default login` puts credentials, below the user's folder.
const OF_GCLOUD: &str = ".config/gcloud/application_default_credentials.json";

/// Says of what kind a file with credentials is.
#[derive(Deserialize)]
struct Kind {
    #[serde(default)]
    private_key: Option<serde::de::IgnoredAny>,
}

/// What the section says, with the key itself in place of its file.
///
/// # Errors
/// [`ConfigError::Credentials`] if the file can't be read or has no key of a service account, which
/// is all that can be handed on; [`ConfigError::Missing`] if jobs are kept there and there is none.
pub(crate) fn worker_section(telling: &Telling<'_>) -> Result<Section, ConfigError> {
    let said = telling.config.storages.gcp_storage.clone().unwrap_or_default();
    let key = match (said.service_account_key, said.credentials_path) {
        (Some(key), _) => Some(key),
        (None, Some(path)) => Some(key_in(&path)?),
        (None, None) => surrounding_key(telling.environment)?,
    };
    if key.is_none() && telling.holds_jobs(SECTION_NAME) {
        let (section, key) = (SECTION_NAME.to_owned(), "credentials_path");
        return Err(ConfigError::Missing { section, key });
    }
    let mut section = Section::default();
    section.say("storage_bucket", said.storage_bucket);
    section.say("region", said.region);
    section.say_secret("service_account_key", key.as_ref());
    Ok(section)
}

fn surrounding_key(
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Secret>, ConfigError> {
    if let Some(key) = environment("GOOGLE_SERVICE_ACCOUNT_KEY") {
        return Ok(Some(Secret::new(key)));
    }
    let named = ["GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH", "SERVICE_ACCOUNT"];
    let named = named.into_iter().chain(["GOOGLE_APPLICATION_CREDENTIALS"]);
    let of_gcloud = || Some(PathBuf::from(environment("HOME")?).join(OF_GCLOUD));
    let path = named.filter_map(environment).next().map(PathBuf::from);
    let path = path.or_else(|| of_gcloud().filter(|path| path.exists()));
    path.map(|path| key_in(&path)).transpose()
}

fn key_in(path: &Path) -> Result<Secret, ConfigError> {
    let unusable = |reason: String| ConfigError::Credentials {
        section: SECTION_NAME.to_owned(),
        reason: format!("{}: {reason}", path.display()),
    };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    // Not the error's own words: they may quote what is in the file.
    match serde_json::from_str::<Kind>(&text) {
        Ok(Kind { private_key: Some(_) }) => Ok(Secret::new(text)),
        Ok(_) => Err(unusable("only the key of a service account can be handed on".to_owned())),
        Err(_) => Err(unusable("it is no JSON".to_owned())),
    }
}
