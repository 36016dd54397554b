//! Objects in a container of Azure Blob Storage.

mod config;
mod worker;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use lithops_core::config::Config;
use lithops_core::ports::{StorageError, StorageLocation};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::signer::Signer;
use object_store::{ObjectStore, RetryConfig};

use crate::adapter::{Adapter, Creation, Listing, storage_by_adapter};
use crate::cloud::{
    Connector, PagedStore, Remembered, check_endpoint, client_options, probed, retry_config,
};
use crate::configured::{CONFIG, SECTION, configured, own_settings};
use crate::open::{OpenError, cannot_open, setting};
pub use config::AzureConfig;
pub(crate) use worker::worker_section;

pub(crate) const SCHEME: &str = "az";
pub(crate) const SECTION_NAME: &str = "azure_storage";

const CONTAINER: &str = "container";
const ACCOUNT: &str = "account";
const ENDPOINT: &str = "endpoint";
const CREDENTIALS: &str = "credentials";
/// The credentials were given by the program: only its own process knows them.
const IN_CODE: &str = "code";
/// There are none.
const ANONYMOUS: &str = "none";

/// Credentials that were given in code.
static GIVEN: Remembered<AzureConfig> = Remembered::new();

/// A container of Azure Blob Storage.
///
/// [`AzureConfig`] tells where credentials come from. Versions are `ETag`s; a stream is stored in
/// blocks of 8 MiB. A listing fails if it meets a key with an empty segment (`a//b`).
///
/// Azure's own service is known to create as it should; of another server at `endpoint` it is asked
/// once a process, with an object that is created twice and deleted.
///
/// ```no_run
/// use lithops_core::ports::StorageBackend;
/// use lithops_storage::{AzureConfig, AzureStorage};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lithops_core::ports::StorageError> {
/// let mut config = AzureConfig::new("books");
/// config.account = Some("library".to_owned());
/// let storage = AzureStorage::new(config)?;
/// println!("{:?}", storage.head("jane/emma").await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AzureStorage {
    adapter: Arc<Adapter>,
}

impl AzureStorage {
    /// Makes a storage of a container; asks nobody, so the container need not exist yet.
    ///
    /// # Errors
    /// [`StorageErrorKind::Unsupported`](lithops_core::ports::StorageErrorKind::Unsupported) if no
    /// account is known, or a credential can't be read.
    pub fn new(config: AzureConfig) -> Result<Self, StorageError> {
        let location = resolve(&config);
        Self::build(config, location)
    }

    pub(crate) fn at(location: &StorageLocation) -> Result<Self, StorageError> {
        let container = setting(location, CONTAINER)?;
        let text = |name: &str| location.settings.get(name).cloned();
        let origin = text(CREDENTIALS);
        let in_code = origin.as_deref() == Some(IN_CODE);
        if let Some(given) = GIVEN.find(location).filter(|_| in_code) {
            return Self::build(given, location.clone());
        }
        if let Some(settings) = own_settings(location, container)? {
            let mut config = AzureConfig::of_section(&settings, container);
            config.account = config.account.or_else(|| text(ACCOUNT));
            config.endpoint = text(ENDPOINT);
            return Self::build(config, location.clone());
        }
        if in_code {
            return Err(cannot_open(container, OpenError::CredentialsInCode));
        }
        let mut config = AzureConfig::new(container);
        if let Some(path) = text(CONFIG) {
            let settings = Config::read(Path::new(&path)).map_err(|error| {
                cannot_open(container, OpenError::CredentialsInFile(error.to_string()))
            })?;
            config = AzureConfig::of_section(&settings, container);
        }
        config.account = text(ACCOUNT).or(config.account);
        config.endpoint = text(ENDPOINT);
        config.anonymous = origin.as_deref() == Some(ANONYMOUS);
        Self::build(config, location.clone())
    }

    fn build(config: AzureConfig, location: StorageLocation) -> Result<Self, StorageError> {
        let place = config.container.clone();
        check_endpoint(&place, config.endpoint.as_deref())?;
        Self::connect(config, location).map_err(|error| cannot_open(&place, error.into()))
    }

    fn connect(
        config: AzureConfig,
        location: StorageLocation,
    ) -> Result<Self, object_store::Error> {
        let builder = if config.has_credentials() || config.anonymous {
            MicrosoftAzureBuilder::new()
        } else {
            MicrosoftAzureBuilder::from_env()
        };
        let mut builder = builder
            .with_container_name(&config.container)
            .with_client_options(client_options(config.network, config.endpoint.as_deref()))
            .with_http_connector(Connector)
            .with_retry(retry_config(config.network))
            .with_skip_signature(config.anonymous);
        if let Some(account) = &config.account {
            builder = builder.with_account(account);
        }
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/').to_owned());
        }
        if let Some(key) = &config.access_key {
            builder = builder.with_access_key(key.expose());
        }
        if let Some(token) = &config.sas_token {
            builder = builder.with_config(AzureConfigKey::SasKey, token.expose());
        }
        let store = Arc::new(builder.clone().build()?);
        let once = RetryConfig { max_retries: 0, ..retry_config(config.network) };
        let creator = builder.with_retry(once).with_credentials(Arc::clone(store.credentials()));
        let creator: Arc<dyn ObjectStore> = Arc::new(creator.build()?);

        // An address that somebody else signed can't be narrowed down to one object.
        let signs = !config.anonymous && config.sas_token.is_none();
        let adapter = Arc::new(Adapter {
            name: SCHEME,
            creation: match config.endpoint {
                None => Creation::sure(creator),
                Some(_) => Creation::probed(creator, probed(&location)),
            },
            listing: Listing::Paged(Arc::new(PagedStore(Arc::clone(&store)))),
            signer: signs.then(|| Arc::clone(&store) as Arc<dyn Signer>),
            store,
            location,
        });
        Ok(Self { adapter })
    }
}

/// The location of the container that a URI names, and the key in it.
///
/// `abfs://container@account.dfs.core.windows.net/key` names the account as well.
pub(crate) fn locate(path: &str) -> Result<(StorageLocation, String), StorageError> {
    let (place, key) = path.split_once('/').unwrap_or((path, ""));
    let (container, host) = place.split_once('@').unwrap_or((place, ""));
    let mut config = AzureConfig::of_section(&*configured()?, container);
    if let Some(account) = host.split('.').next().filter(|account| !account.is_empty()) {
        config.account = Some(account.to_owned());
    }
    Ok((resolve(&config), key.to_owned()))
}

fn resolve(config: &AzureConfig) -> StorageLocation {
    let location = location(config);
    if config.has_credentials() && config.config_file.is_none() {
        GIVEN.keep(&location, config);
    }
    location
}

fn location(config: &AzureConfig) -> StorageLocation {
    let file = config.config_file.as_ref().map(|path| path.display().to_string());
    let in_code = config.has_credentials() && file.is_none();
    let origin = if config.anonymous { Some(ANONYMOUS) } else { in_code.then_some(IN_CODE) };
    let settings = [
        (CONTAINER, Some(config.container.clone())),
        (ACCOUNT, config.account.clone()),
        (ENDPOINT, config.endpoint.clone()),
        (CONFIG, file),
        (SECTION, config.of_section.then(|| SECTION_NAME.to_owned())),
        (CREDENTIALS, origin.map(str::to_owned)),
    ];
    let settings = settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    StorageLocation { scheme: SCHEME.to_owned(), settings: settings.collect::<BTreeMap<_, _>>() }
}

storage_by_adapter!(AzureStorage);
