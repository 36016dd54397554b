//! What workers far away are told of buckets in the S3 family.

use lithops_core::config::ConfigError;
use lithops_core::ports::StorageLocation;

use super::sections::{AWS, CEPH, COS, MINIO};
use super::{ENDPOINT, PATH_STYLE, REGION, S3Config, credentials};
use crate::cloud::fault_of_endpoint;
use crate::worker_settings::{Section, Telling};

/// The sections of the S3 family.
pub(crate) const SECTIONS: [&str; 4] = [AWS, COS, MINIO, CEPH];

/// What a section says once all is known that the client goes by.
///
/// # Errors
/// [`ConfigError`] if the client can't use the section itself, or if it holds jobs and no credential
/// is known that could be handed on.
pub(crate) fn worker_section(name: &str, telling: &Telling<'_>) -> Result<Section, ConfigError> {
    let Telling { config, access, environment } = *telling;
    let private = S3Config::private_endpoint(config, name, access.inside_ibm_cloud);
    if let Some(reason) = private.as_deref().and_then(fault_of_endpoint) {
        // A worker would only find out when it is started.
        let (key, value) = ("private_endpoint".to_owned(), "no server's address".to_owned());
        return Err(ConfigError::Invalid { key, value, reason });
    }
    let mut settings = S3Config::of_section(config, name)?;
    if let Some(profile) = access.trusted_profile.as_ref().filter(|_| name == COS) {
        settings.trusted_profile = Some(profile.clone());
        settings.access_key_id = None;
        settings.secret_access_key = None;
        settings.iam_api_key = None;
    }
    let unusable = |reason| ConfigError::Credentials { section: name.to_owned(), reason };
    let settings = credentials::complete(settings, environment);
    let settings = settings.map_err(|error| unusable(error.to_string()))?;
    if name == COS && settings.session_token.is_some() {
        return Err(unusable("the only key is one of Amazon's, for a short time".to_owned()));
    }
    if !settings.has_credentials() && telling.holds_jobs(name) {
        let (section, key) = (name.to_owned(), "access_key_id");
        return Err(ConfigError::Missing { section, key });
    }

    let mut section = Section::default();
    section.say("storage_bucket", Some(settings.bucket).filter(|bucket| !bucket.is_empty()));
    section.say("endpoint", private.or(settings.endpoint));
    section.say("region", settings.region);
    section.say("access_key_id", settings.access_key_id);
    section.say_secret("secret_access_key", settings.secret_access_key.as_ref());
    if name == COS {
        section.say_secret("api_key", settings.iam_api_key.as_ref());
        section.say("trusted_profile", settings.trusted_profile);
        section.say("service_instance_id", settings.service_instance_id);
    } else {
        section.say("path_style", settings.path_style);
        section.say_secret("session_token", settings.session_token.as_ref());
    }
    Ok(section)
}

/// The bucket of a location, as the settings of a worker say to reach it.
pub(super) fn of_location(settings: S3Config, location: &StorageLocation, place: &str) -> S3Config {
    let said = |name: &str| location.settings.get(name).cloned();
    S3Config {
        bucket: place.to_owned(),
        endpoint: settings.endpoint.or_else(|| said(ENDPOINT)),
        region: settings.region.or_else(|| said(REGION)),
        path_style: settings.path_style.or_else(|| said(PATH_STYLE).map(|value| value == "true")),
        endpoint_by_surroundings: false,
        ..settings
    }
}
