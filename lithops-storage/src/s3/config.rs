//! What is said of a bucket, and what the surroundings add to it.

use std::path::PathBuf;
use std::time::Duration;

use lithops_core::secret::Secret;

use crate::cloud::Network;

/// A bucket, and how to get at it.
///
/// Only the bucket must be given. The rest is looked for where Amazon's own tools look for it:
/// first here, then in the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
/// `AWS_SESSION_TOKEN`, `AWS_REGION` or `AWS_DEFAULT_REGION`, `AWS_ENDPOINT_URL_S3` or
/// `AWS_ENDPOINT_URL`), then in the files `~/.aws/credentials` and `~/.aws/config` (profile
/// `AWS_PROFILE`), at last from a web identity or the metadata of the machine.
///
/// ```
/// use lithops_core::secret::Secret;
/// use lithops_storage::{S3Config, S3Storage};
///
/// # fn main() -> Result<(), lithops_core::ports::StorageError> {
/// let mut config = S3Config::new("books");
/// config.endpoint = Some("http://127.0.0.1:9000".to_owned());
/// config.access_key_id = Some("reader".to_owned());
/// config.secret_access_key = Some(Secret::new("correct horse"));
/// let storage = S3Storage::new(config)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct S3Config {
    /// The bucket.
    pub bucket: String,
    /// The server, such as `https://s3.eu-de.cloud-object-storage.appdomain.cloud`; Amazon's own
    /// for the region if there is none.
    pub endpoint: Option<String>,
    /// The region; `us-east-1` if nothing says another.
    pub region: Option<String>,
    /// Whether addresses are `endpoint/bucket/key` and not `bucket.endpoint/key`; by default they
    /// are if an endpoint is given.
    pub path_style: Option<bool>,
    /// The name of the access key.
    pub access_key_id: Option<String>,
    /// The access key itself.
    pub secret_access_key: Option<Secret>,
    /// What a temporary access key comes with.
    pub session_token: Option<Secret>,
    /// An API key of IBM Cloud, which is exchanged for tokens; goes before an access key.
    pub iam_api_key: Option<Secret>,
    /// A trusted profile of IBM Cloud (its id, which begins with `Profile-`, or its name), in place
    /// of any key. Only in an instance that the platform gives a token of its own: a job of Code
    /// Engine that asks for one.
    pub trusted_profile: Option<String>,
    /// The file with that token; the one of `LITHOPS_CR_TOKEN_FILE` by default, else where Code
    /// Engine puts it. It is read anew for each exchange, because the platform renews it.
    pub cr_token_file: Option<PathBuf>,
    /// Where API keys and such tokens are exchanged; IBM Cloud's own by default.
    pub iam_endpoint: Option<String>,
    /// The instance of IBM Cloud Object Storage (its id) that a bucket is created in.
    pub service_instance_id: Option<String>,
    /// Reads a public bucket without any credential.
    pub anonymous: bool,
    /// The file that this was read from, where another process of this machine finds it too.
    pub config_file: Option<PathBuf>,
    /// The section of that file.
    pub section: Option<String>,
    /// Whether the environment and the files of Amazon's tools may name the server.
    pub(super) endpoint_by_surroundings: bool,
    /// How long a connection may take to come about; 10 seconds by default.
    pub connect_timeout: Duration,
    /// How long the server may be silent; 60 seconds by default.
    pub read_timeout: Duration,
    /// How often a request is asked again that failed without a reason of its own; 4 by default.
    pub max_retries: usize,
}

impl S3Config {
    /// Says nothing but the bucket.
    pub fn new(bucket: impl Into<String>) -> Self {
        let Network { connect_timeout, read_timeout, max_retries } = Network::default();
        Self {
            bucket: bucket.into(),
            endpoint: None,
            region: None,
            path_style: None,
            access_key_id: None,
            secret_access_key: None,
            session_token: None,
            iam_api_key: None,
            trusted_profile: None,
            cr_token_file: None,
            iam_endpoint: None,
            service_instance_id: None,
            anonymous: false,
            config_file: None,
            section: None,
            endpoint_by_surroundings: true,
            connect_timeout,
            read_timeout,
            max_retries,
        }
    }

    pub(super) fn network(&self) -> Network {
        let Self { connect_timeout, read_timeout, max_retries, .. } = *self;
        Network { connect_timeout, read_timeout, max_retries }
    }

    /// Whether it says by itself who the caller is.
    pub(super) fn has_credentials(&self) -> bool {
        self.access_key_id.is_some()
            || self.secret_access_key.is_some()
            || self.iam_api_key.is_some()
            || self.trusted_profile.is_some()
    }
}
