//! Objects in a bucket of Google Cloud Storage.

mod config;
mod worker;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lithops_core::config::Config;
use lithops_core::ports::{StorageError, StorageLocation};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::signer::Signer;
use object_store::{ObjectStore, RetryConfig};

use crate::adapter::{Adapter, Creation, Listing, storage_by_adapter};
use crate::cloud::{
    Connector, PagedStore, Remembered, check_endpoint, client_options, probed, retry_config,
};
use crate::configured::{CONFIG, SECTION, configured, own_settings};
use crate::open::{OpenError, cannot_open, setting};
pub use config::GcsConfig;
pub(crate) use worker::worker_section;

pub(crate) const SCHEME: &str = "gs";
pub(crate) const SECTION_NAME: &str = "gcp_storage";

const BUCKET: &str = "bucket";
const ENDPOINT: &str = "endpoint";
const CREDENTIALS_PATH: &str = "credentials_path";
const CREDENTIALS: &str = "credentials";
/// The credentials were given by the program: only its own process knows them.
const IN_CODE: &str = "code";
/// There are none.
const ANONYMOUS: &str = "none";

/// Credentials that were given in code.
static GIVEN: Remembered<GcsConfig> = Remembered::new();

/// A bucket of Google Cloud Storage.
///
/// [`GcsConfig`] tells where credentials come from. Versions are `ETag`s; a stream is stored in
/// parts of 8 MiB. A listing fails if it meets a key with an empty segment (`a//b`).
///
/// Google's own service is known to create as it should; of another server at `endpoint` it is
/// asked once a process, with an object that is created twice and deleted.
///
/// ```no_run
/// use lithops_core::ports::StorageBackend;
/// use lithops_storage::{GcsConfig, GcsStorage};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lithops_core::ports::StorageError> {
/// let storage = GcsStorage::new(GcsConfig::new("books"))?;
/// println!("{:?}", storage.head("jane/emma").await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct GcsStorage {
    adapter: Arc<Adapter>,
}

impl GcsStorage {
    /// Makes a storage of a bucket; asks nobody, so the bucket need not exist yet.
    ///
    /// # Errors
    /// [`StorageErrorKind::Unsupported`](lithops_core::ports::StorageErrorKind::Unsupported) if the
    /// key of a service account can't be read.
    pub fn new(config: GcsConfig) -> Result<Self, StorageError> {
        let location = resolve(&config);
        Self::build(config, location)
    }

    pub(crate) fn at(location: &StorageLocation) -> Result<Self, StorageError> {
        let bucket = setting(location, BUCKET)?;
        let text = |name: &str| location.settings.get(name).cloned();
        let origin = text(CREDENTIALS);
        let in_code = origin.as_deref() == Some(IN_CODE);
        if let Some(given) = GIVEN.find(location).filter(|_| in_code) {
            return Self::build(given, location.clone());
        }
        if let Some(settings) = own_settings(location, bucket)? {
            let mut config = GcsConfig::of_section(&settings, bucket);
            config.endpoint = text(ENDPOINT);
            return Self::build(config, location.clone());
        }
        if in_code {
            return Err(cannot_open(bucket, OpenError::CredentialsInCode));
        }
        let mut config = GcsConfig::new(bucket);
        if let Some(path) = text(CONFIG) {
            let settings = Config::read(Path::new(&path)).map_err(|error| {
                cannot_open(bucket, OpenError::CredentialsInFile(error.to_string()))
            })?;
            config = GcsConfig::of_section(&settings, bucket);
        }
        config.endpoint = text(ENDPOINT);
        config.credentials_path =
            text(CREDENTIALS_PATH).map(PathBuf::from).or(config.credentials_path);
        config.anonymous = origin.as_deref() == Some(ANONYMOUS);
        Self::build(config, location.clone())
    }

    fn build(config: GcsConfig, location: StorageLocation) -> Result<Self, StorageError> {
        let place = config.bucket.clone();
        check_endpoint(&place, config.endpoint.as_deref())?;
        Self::connect(config, location).map_err(|error| cannot_open(&place, error.into()))
    }

    fn connect(config: GcsConfig, location: StorageLocation) -> Result<Self, object_store::Error> {
        let own_credentials =
            config.service_account_key.is_some() || config.credentials_path.is_some();
        let builder = if own_credentials || config.anonymous {
            GoogleCloudStorageBuilder::new()
        } else {
            GoogleCloudStorageBuilder::from_env()
        };
        let mut builder = builder
            .with_bucket_name(&config.bucket)
            .with_client_options(client_options(config.network, config.endpoint.as_deref()))
            .with_http_connector(Connector)
            .with_retry(retry_config(config.network))
            .with_skip_signature(config.anonymous);
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_base_url(endpoint.trim_end_matches('/'));
        }
        if let Some(key) = &config.service_account_key {
            builder = builder.with_service_account_key(key.expose());
        } else if let Some(path) = &config.credentials_path {
            builder = builder.with_application_credentials(path.display().to_string());
        }
        let store = Arc::new(builder.clone().build()?);
        let once = RetryConfig { max_retries: 0, ..retry_config(config.network) };
        let creator = builder.with_retry(once).with_credentials(Arc::clone(store.credentials()));
        let creator: Arc<dyn ObjectStore> = Arc::new(creator.build()?);

        let adapter = Arc::new(Adapter {
            name: SCHEME,
            creation: match config.endpoint {
                None => Creation::sure(creator),
                Some(_) => Creation::probed(creator, probed(&location)),
            },
            listing: Listing::Paged(Arc::new(PagedStore(Arc::clone(&store)))),
            signer: (!config.anonymous).then(|| Arc::clone(&store) as Arc<dyn Signer>),
            store,
            location,
        });
        Ok(Self { adapter })
    }
}

/// The location of the bucket that a URI names, and the key in it.
pub(crate) fn locate(path: &str) -> Result<(StorageLocation, String), StorageError> {
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let config = GcsConfig::of_section(&*configured()?, bucket);
    Ok((resolve(&config), key.to_owned()))
}

fn resolve(config: &GcsConfig) -> StorageLocation {
    let location = location(config);
    if config.service_account_key.is_some() && config.config_file.is_none() {
        GIVEN.keep(&location, config);
    }
    location
}

fn location(config: &GcsConfig) -> StorageLocation {
    let path = config.credentials_path.as_ref().map(|path| path.display().to_string());
    let file = config.config_file.as_ref().map(|path| path.display().to_string());
    let in_code = config.service_account_key.is_some() && file.is_none();
    let origin = if config.anonymous { Some(ANONYMOUS) } else { in_code.then_some(IN_CODE) };
    let settings = [
        (BUCKET, Some(config.bucket.clone())),
        (ENDPOINT, config.endpoint.clone()),
        (CONFIG, file),
        (SECTION, config.of_section.then(|| SECTION_NAME.to_owned())),
        (CREDENTIALS_PATH, path),
        (CREDENTIALS, origin.map(str::to_owned)),
    ];
    let settings = settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    StorageLocation { scheme: SCHEME.to_owned(), settings: settings.collect::<BTreeMap<_, _>>() }
}

storage_by_adapter!(GcsStorage);
