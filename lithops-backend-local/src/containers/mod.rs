//! Calls in containers of this machine: the client's program, in an image made of it.

mod body;
mod config;
mod container;
mod error;
mod examine;
mod exit;
mod host;
mod leftovers;
mod runtime;
mod socket;
mod tasks;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use lithops_agents::AgentLane;
use lithops_core::ports::{
    Capability, CleanScope, ComputeBackend, ComputeError, Finding, Isolation, Lane, LaneSink,
    Launch, Leftover, Link, StorageBackend, WorkerProfile, WorkerStatus,
};
use lithops_core::wire::{JobId, StoredObject, WorkerTask};
use lithops_storage::relay::Lent;
use tokio::sync::{Mutex, watch};

pub use config::{ContainerConfig, Volume, VolumeError};
use host::Host;
use tasks::Tasks;

/// The backend's name in messages.
const BACKEND: &str = "containers";

/// Runs calls in containers of a Docker Engine, or a Podman, of this machine.
///
/// The image is made of this program and given to the engine at first need; see
/// [`lithops_runtime`]. Containers are started as jobs need them and kept warm; in each an agent,
/// the program itself, starts a process for each worker. They have nothing that they were not given:
/// no network, no root, no capability, a file system to be read only but for `/tmp`. The client's
/// storage reaches them all the same, through the socket that they call the client on.
///
/// They end with this value, and when this process ends, however it does.
#[derive(Debug)]
pub struct ContainerBackend {
    config: ContainerConfig,
    lent: Arc<Lent>,
    /// The executor's own.
    storage: OnceLock<Arc<dyn StorageBackend>>,
    /// Made when the first container is needed.
    host: Mutex<Option<Arc<Host>>>,
    closed: watch::Sender<bool>,
    tasks: Tasks,
}

impl ContainerBackend {
    /// A pool that looks for an engine when the first container is needed.
    pub fn new(config: ContainerConfig) -> Self {
        lithops_worker::refuse_stray_worker();
        let lent = Arc::new(Lent::new());
        let closed = watch::Sender::new(false);
        let storage = OnceLock::new();
        Self { config, lent, storage, host: Mutex::default(), closed, tasks: Tasks::default() }
    }

    async fn host(&self) -> Result<Arc<Host>, ComputeError> {
        let mut host = self.host.lock().await;
        if *self.closed.borrow() {
            return Err(error::closed());
        }
        if let Some(host) = host.as_ref() {
            return Ok(Arc::clone(host));
        }
        let (config, lent) = (self.config.clone(), Arc::clone(&self.lent));
        let mut end = self.closed.subscribe();
        let prepared = tokio::select! {
            prepared = Host::prepare(config, lent, self.storage.get()) => prepared?,
            // A pull may take long.
            _ = end.wait_for(|closed| *closed) => return Err(error::closed()),
        };
        Ok(Arc::clone(host.insert(Arc::new(prepared))))
    }
}

#[async_trait]
impl ComputeBackend for ContainerBackend {
    fn capability(&self) -> Capability {
        Capability {
            backend: BACKEND,
            max_workers: self.config.workers.max(1),
            slots: 1,
            isolation: Isolation::Container,
            on_this_machine: true,
            memory_limit: true,
            environment: true,
            captures_output: true,
            max_duration: None,
            billing: None,
        }
    }

    fn program(&self) -> Option<&Path> {
        self.config.program.as_deref()
    }

    fn link(&self) -> Option<&dyn Link> {
        Some(self)
    }

    fn lend(&self, storage: &Arc<dyn StorageBackend>) -> bool {
        self.lent.lend(Arc::clone(storage));
        // It is offered once.
        self.storage.set(Arc::clone(storage)).ok();
        true
    }

    fn lend_object(&self, object: &StoredObject) -> bool {
        let lent = self.lent.lend_object(&object.storage, &object.key);
        lent.inspect_err(|error| tracing::debug!(%error, key = object.key, "not lent")).is_ok()
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        Ok(self.host().await?.image())
    }

    async fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        self.tasks.start(self.host().await?.as_ref(), &launch).await
    }

    async fn status(&self, job: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        Ok(self.tasks.status(job))
    }

    async fn cancel(&self, job: &JobId) -> Result<(), ComputeError> {
        self.tasks.cancel(job);
        Ok(())
    }

    async fn examine(&self) -> Vec<Finding> {
        examine::examine(&self.config).await
    }

    async fn leftovers(&self, scope: &CleanScope) -> Result<Vec<Leftover>, ComputeError> {
        let host = self.config.engine.as_deref();
        match scope {
            CleanScope::Job(_) => Ok(Vec::new()),
            CleanScope::Leftovers => leftovers::find(host, false).await,
            CleanScope::All => leftovers::find(host, true).await,
        }
    }

    async fn clean(&self, scope: CleanScope) -> Result<usize, ComputeError> {
        match scope {
            CleanScope::Job(job) => {
                self.tasks.cancel(&job);
                Ok(0)
            }
            CleanScope::Leftovers => leftovers::remove(self.config.engine.as_deref(), false).await,
            CleanScope::All => leftovers::remove(self.config.engine.as_deref(), true).await,
        }
    }

    async fn shutdown(&self) {
        self.closed.send_replace(true);
        let host = self.host.lock().await.take();
        if let Some(host) = host {
            host.close().await;
        }
    }
}

#[async_trait]
impl Link for ContainerBackend {
    async fn open(
        &self,
        profile: &WorkerProfile,
        sink: LaneSink,
    ) -> Result<Box<dyn Lane>, ComputeError> {
        let worker = self.host().await?.worker(WorkerTask::Link, profile).await?;
        Ok(Box::new(AgentLane::open(worker, sink)))
    }
}
