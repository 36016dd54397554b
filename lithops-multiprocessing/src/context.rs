//! Which executor runs things, and where shared objects are.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use lithops_core::config::Config;
use lithops_core::ports::{Capability, Executor, Isolation};

use crate::place::{Place, Server, ServerPlace};
use crate::{MultiprocessingError, Result, configured};

/// Longer than any job, and nothing that a server's clock would overflow by.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// An executor, and where the objects are that its calls share. Cheap to clone.
///
/// Objects are in the memory of this process if calls run on its threads, else in the Redis server
/// of the section `[redis]`. Types of this crate have a `new` that uses the configured executor, and
/// an `over` that takes one of these.
#[derive(Clone)]
pub struct Multiprocessing {
    pub(crate) executor: Arc<dyn Executor>,
    config: Arc<Config>,
    expiry: Duration,
    lease: Duration,
}

impl std::fmt::Debug for Multiprocessing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Multiprocessing")
            .field("backend", &self.executor.capability().backend)
            .field("expiry", &self.expiry)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}

impl Multiprocessing {
    /// Over an executor, with the Redis server that the settings name. Asks nobody yet.
    pub fn new(executor: Arc<dyn Executor>, config: &Config) -> Self {
        Self {
            executor,
            config: Arc::new(config.clone()),
            expiry: Duration::from_secs(3600),
            lease: Duration::from_secs(10),
        }
    }

    /// Over the executor of the configuration; the same for all of this process.
    ///
    /// # Errors
    /// [`MultiprocessingError::Job`] if a setting can't be used.
    pub fn configured() -> Result<Self> {
        configured::shared()
    }

    /// Sets how long the server keeps an object that nobody uses and whose maker is not heard of; one
    /// hour by default, a second at the least, and a year at the most.
    ///
    /// Whoever made it is heard of as long as its process lives and has the handle.
    pub fn expiry(mut self, expiry: Duration) -> Self {
        self.expiry = expiry.clamp(Duration::from_secs(1), YEAR);
        self
    }

    /// Sets after how long a holder of a lock that is not heard of any more has lost it; 10 s by
    /// default, 100 ms at the least, and a year at the most. A thread of the holder renews it each third of that time.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.clamp(Duration::from_millis(100), YEAR);
        self
    }

    /// Where new objects are made.
    pub(crate) fn place(&self) -> Result<Place> {
        let capability = self.executor.capability();
        if capability.isolation == Isolation::Thread {
            return Ok(Place::Memory);
        }
        if self.config.storages.redis.is_none() && cfg!(feature = "redis") {
            return Err(MultiprocessingError::NoServer { backend: capability.backend });
        }
        let (url, prefix) = Server::configured(&self.config)?;
        is_within_reach(&self.config, &capability)?;
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (expiry_ms, lease_ms) = (millis(self.expiry), millis(self.lease));
        Ok(Place::Server(ServerPlace { url, prefix, expiry_ms, lease_ms }))
    }
}

/// Refuses a server that workers would look for on their own machine, or in their own container.
fn is_within_reach(config: &Config, capability: &Capability) -> Result<()> {
    let redis = config.storages.redis.as_ref();
    let host = redis.and_then(|redis| redis.host.as_deref()).unwrap_or("127.0.0.1");
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let has_own_network = capability.isolation == Isolation::Container
        && config.containers.network.as_deref() != Some("host");
    if is_loopback && (has_own_network || !capability.on_this_machine) {
        let (host, backend) = (host.to_owned(), capability.backend);
        return Err(MultiprocessingError::OutOfReach { host, backend });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capability(isolation: Isolation, on_this_machine: bool) -> Capability {
        Capability {
            backend: "test",
            max_workers: 1,
            slots: 1,
            isolation,
            on_this_machine,
            memory_limit: false,
            environment: false,
            captures_output: false,
            max_duration: None,
            billing: None,
        }
    }

    #[test]
    fn a_server_on_this_machine_is_refused_where_workers_would_not_find_it() {
        let process = capability(Isolation::Process, true);
        let container = capability(Isolation::Container, true);
        let elsewhere = capability(Isolation::Container, false);
        let reached = |host: &str, network: Option<&str>, capability| {
            let mut config = Config::default();
            config.storages.redis.get_or_insert_default().host = Some(host.to_owned());
            config.containers.network = network.map(str::to_owned);
            is_within_reach(&config, capability).is_ok()
        };
        for host in ["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"] {
            assert!(reached(host, None, &process), "{host}");
            assert!(reached(host, Some("host"), &container), "{host}");
            assert!(!reached(host, Some("bridge"), &container), "{host}");
            assert!(!reached(host, Some("host"), &elsewhere), "{host}");
        }
        for host in ["10.0.0.1", "redis.example.com"] {
            assert!(reached(host, None, &container), "{host}");
            assert!(reached(host, None, &elsewhere), "{host}");
        }
    }
}
