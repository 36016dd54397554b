//! Where a Redis server is, and how to be let in.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lithops_core::config::Config;
use lithops_core::ports::{StorageError, StorageLocation};
use lithops_core::secret::Secret;
use redis::{Client, ConnectionAddr, IntoConnectionInfo};

use super::SCHEME;
use crate::configured::configured;
use crate::open::{OpenError, cannot_open, setting};

const URL: &str = "url";
const PREFIX: &str = "prefix";
const DEFAULT_PREFIX: &str = "lithops";

/// The variable with the password, if the program gives none.
pub(super) const PASSWORD: &str = "REDIS_PASSWORD";

/// How a Redis server is reached, and which of its keys are ours.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// `redis://[USER@]HOST[:PORT][/DATABASE]`, without a password.
    pub url: String,
    /// The password; that of the environment variable `REDIS_PASSWORD` if there is none here.
    pub password: Option<Secret>,
    /// What the names of our keys begin with: a place of its own for each prefix. `lithops` by
    /// default.
    pub prefix: String,
}

impl RedisConfig {
    /// The server at `url`, with the password of the environment, if any.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), password: None, prefix: DEFAULT_PREFIX.to_owned() }
    }

    /// The server of the section `[redis]`.
    pub fn from_settings(config: &Config) -> Self {
        let section = config.storages.redis.clone().unwrap_or_default();
        let scheme = if section.ssl == Some(true) { "rediss" } else { SCHEME };
        let user = section.username.map(|user| format!("{user}@")).unwrap_or_default();
        let host = section.host.as_deref().unwrap_or("127.0.0.1");
        let (port, db) = (section.port.unwrap_or(6379), section.db.unwrap_or(0));
        Self {
            url: format!("{scheme}://{user}{host}:{port}/{db}"),
            password: section.password,
            prefix: section.storage_bucket.unwrap_or_else(|| DEFAULT_PREFIX.to_owned()),
        }
    }

    /// The server that [`location`](Self::location) has named, here or in another process.
    ///
    /// A worker finds the password where the client did: given in this process, in the configuration
    /// file, or in the environment (see [`client`](Self::client)).
    ///
    /// # Errors
    /// [`StorageError`] if the location is not one of a Redis server, or the settings of this
    /// process can't be read.
    pub fn at(location: &StorageLocation) -> Result<Self, StorageError> {
        let url = setting(location, URL)?.to_owned();
        let prefix = setting(location, PREFIX)?.to_owned();
        let password = given().get(location).cloned();
        let password = match password {
            None => {
                let file = Self::from_settings(&*configured()?);
                file.password.filter(|_| file.url == url)
            }
            password => password,
        };
        Ok(Self { url, password, prefix })
    }

    /// Where the server is, without the password, for other processes.
    pub fn location(&self) -> StorageLocation {
        let settings = [(URL, &self.url), (PREFIX, &self.prefix)];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.clone()));
        StorageLocation { scheme: SCHEME.to_owned(), settings: BTreeMap::from(settings) }
    }

    /// Keeps a password that the program gave for the storages that its own process opens again.
    pub fn remember(&self) {
        if let Some(password) = &self.password {
            given().insert(self.location(), password.clone());
        }
    }

    /// What connects to the server; asks it nothing yet.
    ///
    /// # Errors
    /// [`StorageError`] if the address can't be used.
    pub fn client(&self) -> Result<Client, StorageError> {
        let refused = |error: OpenError| cannot_open(SCHEME, error);
        let info = self.url.as_str().into_connection_info();
        let info = info.map_err(|error| refused(OpenError::RedisUrl(error)))?;
        if info.redis_settings().password().is_some() {
            return Err(refused(OpenError::PasswordInUrl));
        }
        if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
            return Err(refused(OpenError::RedisTls));
        }
        let password = self.password.clone();
        let password = password.or_else(|| std::env::var(PASSWORD).ok().map(Secret::new));
        let info = match password {
            Some(password) => {
                let settings = info.redis_settings().clone().set_password(password.expose());
                info.set_redis_settings(settings)
            }
            None => info,
        };
        Client::open(info).map_err(|error| refused(OpenError::RedisUrl(error)))
    }
}

/// Splits `HOST[:PORT]/PREFIX/KEY` into a server's place and a key in it.
pub(crate) fn locate(rest: &str) -> (StorageLocation, String) {
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (prefix, key) = path.split_once('/').unwrap_or((path, ""));
    let prefix = if prefix.is_empty() { DEFAULT_PREFIX } else { prefix };
    let config = RedisConfig {
        url: format!("{SCHEME}://{host}"),
        password: None,
        prefix: prefix.to_owned(),
    };
    (config.location(), key.to_owned())
}

/// Passwords that this process was given by its program.
fn given() -> MutexGuard<'static, BTreeMap<StorageLocation, Secret>> {
    static GIVEN: Mutex<BTreeMap<StorageLocation, Secret>> = Mutex::new(BTreeMap::new());
    GIVEN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_no_part_of_the_location_nor_of_debug() {
        let config = RedisConfig {
            password: Some(Secret::new("hunter2")),
            ..RedisConfig::new("redis://127.0.0.1:6379/1")
        };
        assert!(!format!("{config:?} {:?}", config.location()).contains("hunter2"));
    }

    #[test]
    fn a_url_with_a_password_is_refused_without_showing_it() {
        let error = RedisConfig::new("redis://:hunter2@127.0.0.1").client().unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("REDIS_PASSWORD") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_uri_names_server_prefix_and_key() {
        let (location, key) = locate("127.0.0.1:6379/jobs/a/b.txt");
        assert_eq!(location.settings["url"], "redis://127.0.0.1:6379");
        assert_eq!((location.settings["prefix"].as_str(), key.as_str()), ("jobs", "a/b.txt"));
    }
}
