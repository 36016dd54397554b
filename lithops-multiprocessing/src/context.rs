//! Which executor runs things, and where shared objects are.

use std::sync::Arc;
use std::time::Duration;

use lithops_core::config::Config;
use lithops_core::ports::{Executor, Isolation};

use crate::place::{Place, Server, ServerPlace};
use crate::{MultiprocessingError, Result, configured};

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

    /// Sets how long the server keeps an object that nobody uses; one hour by default, and a second
    /// at the least.
    pub fn expiry(mut self, expiry: Duration) -> Self {
        self.expiry = expiry.max(Duration::from_secs(1));
        self
    }

    /// Sets after how long a holder of a lock that is not heard of any more has lost it; 10 s by
    /// default, and 100 ms at the least. A thread of the holder renews it each third of that time.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(100));
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
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (expiry_ms, lease_ms) = (millis(self.expiry), millis(self.lease));
        Ok(Place::Server(ServerPlace { url, prefix, expiry_ms, lease_ms }))
    }
}
