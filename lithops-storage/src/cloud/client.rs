//! How long to wait for a cloud, and how often to ask again.

use std::time::Duration;

use object_store::ClientOptions;
#[cfg(feature = "cloud")]
use object_store::{BackoffConfig, RetryConfig};

/// Bounds for requests over a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) connect_timeout: Duration,
    /// From one sign of life to the next: a large object may take as long as it takes.
    pub(crate) read_timeout: Duration,
    pub(crate) max_retries: usize,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
            max_retries: 4,
        }
    }
}

/// Refuses an address with a password: it would be in a location, for all to see.
#[cfg(feature = "cloud")]
pub(crate) fn check_endpoint(
    place: &str,
    endpoint: Option<&str>,
) -> Result<(), lithops_core::ports::StorageError> {
    use crate::open::{OpenError, cannot_open};
    match endpoint.and_then(fault_of_endpoint) {
        Some(reason) => Err(cannot_open(place, OpenError::Address(reason))),
        None => Ok(()),
    }
}

/// Says what is wrong with an address.
#[cfg(feature = "cloud")]
pub(crate) fn fault_of_endpoint(endpoint: &str) -> Option<String> {
    match reqwest::Url::parse(endpoint) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Some("a user or password in an endpoint would be seen by all who see it".to_owned())
        }
        Ok(url) if ["http", "https"].contains(&url.scheme()) => None,
        Ok(_) => {
            Some(format!("the endpoint `{endpoint}` begins with neither `http://` nor `https://`"))
        }
        // Not shown: nobody knows what is in it.
        Err(error) => Some(format!("the endpoint is no address: {error}")),
    }
}

pub(crate) fn client_options(network: Network, endpoint: Option<&str>) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")))
        .with_connect_timeout(network.connect_timeout)
        .with_read_timeout(network.read_timeout)
        // A bound for the whole request would cut off a slow reader of a large object.
        .with_timeout_disabled()
}

#[cfg(feature = "cloud")]
pub(crate) fn retry_config(network: Network) -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(10),
        base: 2.0,
    };
    let retry_timeout = Duration::from_secs(120);
    RetryConfig { backoff, max_retries: network.max_retries, retry_timeout }
}
