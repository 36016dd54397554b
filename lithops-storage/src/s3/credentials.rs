//! Who the caller is: what the environment and the files of Amazon's tools add to a configuration.

use std::path::PathBuf;

use lithops_core::secret::Secret;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

use super::S3Config;
use super::profile::Profile;

/// The environment, or what a test takes for it.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A setting of the surroundings that can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialError {
    #[error("{path} can't be read: {source}")]
    Unreadable { path: String, source: std::io::Error },
    #[error("AWS_PROFILE names the profile `{0}`, which is in none of the files of Amazon's tools")]
    NoProfile(String),
    #[error(
        "the profile `{0}` gets its keys by `{1}`, which is not supported: give \
         AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, which \
         `aws configure export-credentials --format env` prints"
    )]
    UnsupportedProfile(String, &'static str),
    #[error("`{0}` is given without `{1}`")]
    Half(&'static str, &'static str),
}

/// Adds what `config` does not say; what it says goes before.
pub(super) fn complete(
    mut config: S3Config,
    environment: Environment<'_>,
) -> Result<S3Config, CredentialError> {
    let either = |first: &str, second: &str| {
        let set = |name| environment(name).filter(|value| !value.is_empty());
        set(first).or_else(|| set(second))
    };
    let profile = Profile::find(environment)?;
    // Keys of Amazon's tools are not shown to a server that the program itself has chosen, unless
    // there are no others.
    if !config.has_credentials() && !config.anonymous {
        if let Some(id) = either("AWS_ACCESS_KEY_ID", "") {
            config.access_key_id = Some(id);
            config.secret_access_key = either("AWS_SECRET_ACCESS_KEY", "").map(Secret::new);
            config.session_token = either("AWS_SESSION_TOKEN", "").map(Secret::new);
        } else if let Some(keys) = profile.keys()? {
            config.access_key_id = Some(keys.id);
            config.secret_access_key = Some(keys.secret);
            config.session_token = keys.token;
        }
    }
    match (&config.access_key_id, &config.secret_access_key) {
        (Some(_), None) => return Err(CredentialError::Half("access_key_id", "secret_access_key")),
        (None, Some(_)) => return Err(CredentialError::Half("secret_access_key", "access_key_id")),
        _ => {}
    }
    config.region = config
        .region
        .or_else(|| either("AWS_REGION", "AWS_DEFAULT_REGION"))
        .or_else(|| profile.get("region"));
    // What a section of `lithops.toml` does not say of its server is not to be found elsewhere.
    if config.endpoint.is_none() && config.endpoint_by_surroundings {
        config.endpoint = either("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
            .or_else(|| profile.get("endpoint_url"));
    }
    if config.trusted_profile.is_some() && config.cr_token_file.is_none() {
        config.cr_token_file = either("LITHOPS_CR_TOKEN_FILE", "").map(PathBuf::from);
    }
    Ok(config)
}

/// Where a machine or a pod of Amazon's says who it is.
pub(super) fn identity(
    mut builder: AmazonS3Builder,
    environment: Environment<'_>,
) -> AmazonS3Builder {
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", AmazonS3ConfigKey::WebIdentityTokenFile),
        ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
        ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
        ("AWS_ENDPOINT_URL_STS", AmazonS3ConfigKey::StsEndpoint),
        (
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            AmazonS3ConfigKey::ContainerCredentialsRelativeUri,
        ),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", AmazonS3ConfigKey::ContainerCredentialsFullUri),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            AmazonS3ConfigKey::ContainerAuthorizationTokenFile,
        ),
        ("AWS_METADATA_ENDPOINT", AmazonS3ConfigKey::MetadataEndpoint),
    ];
    for (name, key) in variables {
        if let Some(value) = environment(name) {
            builder = builder.with_config(key, value);
        }
    }
    builder
}

pub(super) fn home(environment: Environment<'_>) -> Option<PathBuf> {
    environment("HOME").map(PathBuf::from)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const VARIABLES: [(&str, &str); 5] = [
        ("AWS_ACCESS_KEY_ID", "env"),
        ("AWS_SECRET_ACCESS_KEY", "env-secret"),
        ("AWS_DEFAULT_REGION", "env-region"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2"),
    ];

    /// Completes with a home folder that has a profile, and these variables.
    fn completed(
        config: S3Config,
        variables: &[(&str, &str)],
    ) -> Result<S3Config, CredentialError> {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        let credentials = "[default]\naws_access_key_id = file\naws_secret_access_key = f\n";
        std::fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
        let settings = "[default]\nregion = file-region\n[profile work]\nsso_session = s\n";
        std::fs::write(home.path().join(".aws/config"), settings).unwrap();
        complete(config, &|name| {
            let home = (name == "HOME").then(|| home.path().display().to_string());
            let found = variables.iter().find(|(variable, _)| *variable == name);
            home.or_else(|| found.map(|(_, value)| (*value).to_owned()))
        })
    }

    #[test]
    fn what_is_said_goes_before_the_environment_and_that_before_the_files() {
        let config = completed(S3Config::new("b"), &[]).unwrap();
        assert_eq!(config.access_key_id.as_deref(), Some("file"));
        assert_eq!((config.region.as_deref(), config.endpoint), (Some("file-region"), None));

        let config = completed(S3Config::new("b"), &VARIABLES).unwrap();
        assert_eq!(config.access_key_id.as_deref(), Some("env"));
        assert_eq!(config.secret_access_key, Some(Secret::new("env-secret")));
        assert_eq!(config.region.as_deref(), Some("env-region"));
        assert_eq!(config.endpoint.as_deref(), Some("http://127.0.0.1:2"));

        let said = S3Config {
            access_key_id: Some("said".to_owned()),
            secret_access_key: Some(Secret::new("s")),
            region: Some("said-region".to_owned()),
            ..S3Config::new("b")
        };
        let config = completed(said, &VARIABLES).unwrap();
        assert_eq!(config.access_key_id.as_deref(), Some("said"));
        assert_eq!(config.region.as_deref(), Some("said-region"));
    }

    #[test]
    fn a_public_bucket_is_read_without_the_keys_that_there_are() {
        let public = S3Config { anonymous: true, ..S3Config::new("b") };
        assert_eq!(completed(public, &VARIABLES).unwrap().access_key_id, None);
    }

    #[test]
    fn half_a_key_is_refused() {
        let half = S3Config { access_key_id: Some("said".to_owned()), ..S3Config::new("b") };
        let error = completed(half, &[]).unwrap_err().to_string();
        assert_eq!(error, "`access_key_id` is given without `secret_access_key`");
    }

    #[test]
    fn a_profile_that_can_not_be_used_says_why() {
        let error = completed(S3Config::new("b"), &[("AWS_PROFILE", "work")]).unwrap_err();
        assert!(error.to_string().contains("gets its keys by `sso_session`"), "{error}");
        let error = completed(S3Config::new("b"), &[("AWS_PROFILE", "none")]).unwrap_err();
        assert!(error.to_string().contains("names the profile `none`"), "{error}");
    }
}
