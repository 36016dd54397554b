//! Objects in a bucket of Amazon S3, or of one of the many that speak as it does.

mod config;
mod credentials;
mod iam;
mod profile;
mod requests;
mod sections;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;

#[cfg(doc)]
use lithops_core::ports::{PutMode, StorageBackend};
use lithops_core::ports::{StorageError, StorageLocation};
use object_store::aws::AmazonS3Builder;
use object_store::client::HttpConnector;
use object_store::signer::Signer;
use object_store::{ObjectStore, RetryConfig};

use crate::adapter::{Adapter, Creation, Listing, storage_by_adapter};
use crate::cloud::{
    Bearer, Remembered, Tokens, check_endpoint, client_options, probed, retry_config,
};
use crate::configured::{CONFIG, SECTION, own_settings};
use crate::open::{OpenError, cannot_open, setting};
pub use config::S3Config;
pub(crate) use credentials::CredentialError;
use requests::BucketRequests;
pub(crate) use worker::{SECTIONS, worker_section};

pub(crate) const SCHEME: &str = "s3";

const BUCKET: &str = "bucket";
const ENDPOINT: &str = "endpoint";
const REGION: &str = "region";
const PATH_STYLE: &str = "path_style";
const CREDENTIALS: &str = "credentials";
/// The credentials were given by the program: only its own process knows them.
const IN_CODE: &str = "code";
/// There are none.
const ANONYMOUS: &str = "none";

/// Credentials that were given in code.
static GIVEN: Remembered<S3Config> = Remembered::new();

/// A bucket of Amazon S3, IBM Cloud Object Storage, MinIO, Ceph, SeaweedFS and others.
///
/// [`S3Config`] tells how the bucket is found, and where credentials come from. Objects are
/// strongly consistent where the server is; versions are `ETag`s. A stream is stored in parts of
/// 8 MiB, at most 10,000 of them, so up to 78 GiB; if the process is killed meanwhile, its parts
/// stay behind until the bucket's own rules remove them.
///
/// Whether [`PutMode::Create`] holds is asked of each bucket once a process, with an object that is
/// created twice and deleted: servers exist that refuse such a request and others that overwrite.
/// That shows who pays no heed to the condition, not whether two creators at the very same moment
/// are told apart.
///
/// [`location`](StorageBackend::location) names the bucket and never a secret. Another process finds
/// the credentials where this one did; credentials given in code are known to this process alone.
///
/// ```no_run
/// use lithops_core::ports::{PutMode, StorageBackend};
/// use lithops_storage::{S3Config, S3Storage};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lithops_core::ports::StorageError> {
/// let storage = S3Storage::new(S3Config::new("books"))?;
/// storage.put("jane/emma", "Emma Woodhouse, handsome".into(), PutMode::Overwrite).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct S3Storage {
    adapter: Arc<Adapter>,
    requests: Arc<BucketRequests>,
}

impl S3Storage {
    /// Makes a storage of a bucket; asks nobody, so the bucket need not exist yet.
    ///
    /// # Errors
    /// [`StorageErrorKind::Unsupported`](lithops_core::ports::StorageErrorKind::Unsupported) if a
    /// setting can't be used, or a file with credentials can't be read.
    pub fn new(config: S3Config) -> Result<Self, StorageError> {
        let (config, location) = resolve(config)?;
        Self::build(config, location)
    }

    /// Creates the bucket; that it is ours already is fine.
    ///
    /// # Errors
    /// `AlreadyExists` if it is somebody else's, or what the server says.
    pub async fn create_bucket(&self) -> Result<(), StorageError> {
        self.requests.create().await
    }

    /// Deletes the bucket. Most servers want it empty; some delete what is in it too.
    ///
    /// # Errors
    /// `AlreadyExists` if objects are left in it, `NoPlace` if there is no such bucket.
    pub async fn delete_bucket(&self) -> Result<(), StorageError> {
        self.requests.delete().await
    }

    pub(crate) fn at(location: &StorageLocation) -> Result<Self, StorageError> {
        let place = setting(location, BUCKET)?;
        let text = |name: &str| location.settings.get(name).map(String::as_str);
        let origin = text(CREDENTIALS);
        let remembered = GIVEN.find(location).filter(|_| origin == Some(IN_CODE));
        if let Some(config) = remembered {
            return Self::build(config, location.clone());
        }
        let section = text(SECTION).unwrap_or_default();
        let told = own_settings(location, place)?
            .map(|settings| S3Config::of_section(&settings, section))
            .transpose()
            .map_err(|error| cannot_open(place, OpenError::Settings(error)))?;
        if let Some(settings) = told {
            let config = complete(worker::of_location(settings, location, place))?;
            return Self::build(config, location.clone());
        }
        let file = text(CONFIG).map(|path| {
            let settings = S3Config::of_file(path, section);
            settings.map_err(|error| OpenError::CredentialsInFile(error.to_string()))
        });
        let (settings, missing) = match file {
            Some(Ok(settings)) => (settings, None),
            Some(Err(error)) => (S3Config::new(place), Some(error)),
            None if origin == Some(IN_CODE) => {
                (S3Config::new(place), Some(OpenError::CredentialsInCode))
            }
            None => (S3Config::new(place), None),
        };
        let config = S3Config {
            bucket: place.to_owned(),
            endpoint: text(ENDPOINT).map(str::to_owned),
            region: text(REGION).map(str::to_owned),
            path_style: text(PATH_STYLE).map(|value| value == "true"),
            anonymous: origin == Some(ANONYMOUS),
            section: text(SECTION).map(str::to_owned),
            endpoint_by_surroundings: text(SECTION).is_none(),
            ..settings
        };
        let config = complete(config)?;
        match missing.filter(|_| !config.has_credentials()) {
            Some(missing) => Err(cannot_open(place, missing)),
            None => Self::build(config, location.clone()),
        }
    }

    fn build(config: S3Config, location: StorageLocation) -> Result<Self, StorageError> {
        let place = config.bucket.clone();
        check_endpoint(&place, config.endpoint.as_deref())?;
        Self::connect(config, location).map_err(|error| cannot_open(&place, error.into()))
    }

    fn connect(config: S3Config, location: StorageLocation) -> Result<Self, object_store::Error> {
        let endpoint = config.endpoint.as_deref().map(|endpoint| endpoint.trim_end_matches('/'));
        let region = config.region.clone().unwrap_or_else(|| DEFAULT_REGION.to_owned());
        let url = bucket_url(&config, endpoint, &region);
        let tokens = iam::Grant::of(&config).map(|grant| {
            let endpoint = config.iam_endpoint.as_deref().unwrap_or(iam::IBM_CLOUD);
            Arc::new(iam::IamTokens::new(endpoint, grant)) as Arc<dyn Tokens>
        });
        let signed = tokens.is_none() && !config.anonymous;
        // Keys that are at hand are asked for nowhere, so that no request of this client is over TLS:
        // reading the system's certificates would take a worker longer than all that it asks.
        let plain = url.starts_with("http://") && tokens.is_none();
        let plain = plain && (config.anonymous || config.access_key_id.is_some());
        let connector = Bearer(tokens);
        let options = client_options(config.network(), Some(&url));
        let options = options.with_no_system_certificates(plain);

        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&config.bucket)
            .with_region(&region)
            // The whole address is ours, so that requests by hand go to the same.
            .with_endpoint(&url)
            .with_virtual_hosted_style_request(true)
            .with_client_options(options.clone())
            .with_http_connector(connector.clone())
            .with_retry(retry_config(config.network()))
            .with_skip_signature(!signed)
            // TLS guards the bytes; without it, the signature must.
            .with_unsigned_payload(url.starts_with("https://"));
        if let (Some(id), Some(secret)) = (&config.access_key_id, &config.secret_access_key) {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret.expose());
            if let Some(token) = &config.session_token {
                builder = builder.with_token(token.expose());
            }
        } else if signed {
            builder = credentials::identity(builder, &|name| std::env::var(name).ok());
        }
        let store = builder.clone().build()?;
        let once = RetryConfig { max_retries: 0, ..retry_config(config.network()) };
        let creator = builder.with_retry(once).with_credentials(Arc::clone(store.credentials()));
        let creator = Arc::new(creator.build()?);

        let requests = Arc::new(BucketRequests {
            client: connector.connect(&options)?,
            url,
            region,
            credentials: requests::credentials(signed, &store),
            service_instance_id: config.service_instance_id.clone(),
            max_retries: config.max_retries,
        });
        let store = Arc::new(store);
        let adapter = Arc::new(Adapter {
            name: SCHEME,
            creation: Creation::probed(creator, probed(&location)),
            listing: Listing::Paged(Arc::clone(&requests) as _),
            signer: signed.then(|| Arc::clone(&store) as Arc<dyn Signer>),
            store: store as Arc<dyn ObjectStore>,
            location,
        });
        Ok(Self { adapter, requests })
    }
}

/// The location of the bucket that a URI names, and the key in it.
pub(crate) fn locate(scheme: &str, path: &str) -> Result<(StorageLocation, String), StorageError> {
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let (_, location) = resolve(S3Config::of_uri(scheme, bucket)?)?;
    Ok((location, key.to_owned()))
}

/// Adds what the surroundings say, and tells how another process finds the same.
fn resolve(config: S3Config) -> Result<(S3Config, StorageLocation), StorageError> {
    let given = config.has_credentials();
    let config = complete(config)?;
    let origin = match &config {
        config if config.anonymous => Some(ANONYMOUS),
        config if given && config.config_file.is_none() => Some(IN_CODE),
        _ => None,
    };
    let location = location(&config, origin);
    if origin == Some(IN_CODE) {
        GIVEN.keep(&location, &config);
    }
    Ok((config, location))
}

fn complete(config: S3Config) -> Result<S3Config, StorageError> {
    let place = config.bucket.clone();
    credentials::complete(config, &|name| std::env::var(name).ok())
        .map_err(|error| cannot_open(&place, OpenError::Credentials(error)))
}

const DEFAULT_REGION: &str = "us-east-1";

/// The address of the bucket, without a slash at its end.
fn bucket_url(config: &S3Config, endpoint: Option<&str>, region: &str) -> String {
    let bucket = &config.bucket;
    let amazon = format!("https://s3.{region}.amazonaws.com");
    // A bucket with a dot has no certificate of its own.
    let path_style = config.path_style.unwrap_or(endpoint.is_some() || bucket.contains('.'));
    let endpoint = endpoint.unwrap_or(&amazon);
    match endpoint.split_once("://") {
        Some((scheme, host)) if !path_style => format!("{scheme}://{bucket}.{host}"),
        _ => format!("{endpoint}/{bucket}"),
    }
}

fn location(config: &S3Config, origin: Option<&str>) -> StorageLocation {
    let file = config.config_file.as_ref().map(|path| path.display().to_string());
    let settings = [
        (BUCKET, Some(config.bucket.clone())),
        (ENDPOINT, config.endpoint.clone()),
        (REGION, config.region.clone()),
        (PATH_STYLE, config.path_style.map(|path_style| path_style.to_string())),
        (CONFIG, file),
        (SECTION, config.section.clone()),
        (CREDENTIALS, origin.map(str::to_owned)),
    ];
    let settings = settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    StorageLocation { scheme: SCHEME.to_owned(), settings: settings.collect::<BTreeMap<_, _>>() }
}

storage_by_adapter!(S3Storage);
