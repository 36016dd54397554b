//! The backend: each dispatch of a job as an array job of Slurm.

mod examine;
mod inner;
mod look;
mod start;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lithops_core::ports::{
    Capability, CleanScope, ComputeBackend, ComputeError, ComputeErrorKind, Finding, Isolation,
    Lane, LaneSink, Launch, Leftover, Link, StorageBackend, StorageLocation, WorkerProfile,
    WorkerStatus,
};
use lithops_core::wire::{JobId, StoredObject};
use tokio::sync::Mutex;

use crate::clean::{Found, stop};
use crate::nodes::Nodes;
use crate::refused::{BACKEND, from_command};
use crate::{SlurmConfig, name};
pub(crate) use inner::Inner;
pub(crate) use look::sights;

pub(crate) const START: &str = "start workers";
const ASK: &str = "ask about workers";
const STOP: &str = "stop workers";

/// How long an executor's end waits for its jobs to be cancelled.
const LAST_CANCELS: Duration = Duration::from_secs(20);

/// Runs calls on the nodes of a cluster of Slurm.
///
/// The program is brought into a folder that client and nodes share, once for all executors that have
/// the same. Each dispatch of a job is an array job with a task for each worker, or for several of
/// them; Slurm starts tasks as there is room, and the first process of each starts the workers.
///
/// # Commands
///
/// Slurm's own commands are run, here or on a login node: one `sbatch` for each dispatch (for each
/// `MaxArraySize` tasks of it), one `squeue` each time the cluster is asked how tasks do (after a
/// second at first, then less and less often), one `scancel` at the end. Where workers talk to the
/// client directly, they stay for the next job, and there is one `sbatch` for those that are wanted at
/// the same time. They are given nothing of
/// this process's environment but what they need to find the cluster.
///
/// # What is left behind
///
/// The program stays in the folder for the next executor, for a week after its last use, unless
/// [`keep_program`](SlurmConfig::keep_program) says otherwise. What a client that was killed has left
/// is removed by the next executor of the same machine, at its first job, or by
/// [`clean`](ComputeBackend::clean).
#[derive(Debug)]
pub struct SlurmBackend {
    inner: Arc<Inner>,
    /// Made when the first worker is needed that talks to the client directly.
    nodes: Mutex<Option<Arc<Nodes>>>,
}

impl SlurmBackend {
    /// A backend that asks nobody before it is first needed.
    pub fn new(config: SlurmConfig) -> Self {
        lithops_worker::refuse_stray_worker();
        Self { inner: Arc::new(Inner::new(config)), nodes: Mutex::default() }
    }

    async fn nodes(&self) -> Result<Arc<Nodes>, ComputeError> {
        let mut nodes = self.nodes.lock().await;
        if let Some(nodes) = nodes.as_ref() {
            return Ok(Arc::clone(nodes));
        }
        let listening = Nodes::listen(&self.inner).await?;
        Ok(Arc::clone(nodes.insert(listening)))
    }

    /// Whether nodes see the place that a storage is in, as this machine does.
    fn is_shared(&self, location: &StorageLocation) -> bool {
        let config = &self.inner.config;
        let root = match location.settings.get("root") {
            Some(root) if location.scheme == "file" && config.login.is_none() => root,
            _ => return false,
        };
        // What a link points to is where it is.
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let root = real(Path::new(root));
        let mut shared = std::iter::once(&config.folder).chain(&config.shared);
        shared.any(|folder: &PathBuf| root.starts_with(real(folder)))
    }
}

#[async_trait]
impl ComputeBackend for SlurmBackend {
    fn capability(&self) -> Capability {
        let config = &self.inner.config;
        let isolation = match config.container {
            Some(_) => Isolation::Container,
            None => Isolation::Process,
        };
        Capability {
            backend: BACKEND,
            max_workers: config.max_workers.max(1),
            slots: config.slots.max(1),
            isolation,
            on_this_machine: false,
            memory_limit: true,
            environment: true,
            captures_output: true,
            max_duration: config.time_limit,
            billing: None,
        }
    }

    fn program(&self) -> Option<&Path> {
        self.inner.config.program.as_deref()
    }

    fn link(&self) -> Option<&dyn Link> {
        self.inner.config.link.then_some(self)
    }

    fn lend(&self, storage: &Arc<dyn StorageBackend>) -> bool {
        self.is_shared(&storage.location())
    }

    fn lend_object(&self, object: &StoredObject) -> bool {
        self.is_shared(&object.storage)
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        Ok(self.inner.deployed().await?.program.clone())
    }

    async fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        let inner = Arc::clone(&self.inner);
        // In a task of its own: whoever stops waiting for it must not leave an array job behind.
        let mark = inner.jobs.begin(&launch.job);
        let started = tokio::spawn(async move { inner.start(&launch, mark).await }).await;
        started.map_err(|source| {
            ComputeError::because(BACKEND, ComputeErrorKind::Start, START, source)
        })?
    }

    async fn status(&self, job: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        self.inner.look(job, ASK).await?;
        Ok(self.inner.jobs.workers(job, &self.inner.bounds()))
    }

    async fn cancel(&self, job: &JobId) -> Result<(), ComputeError> {
        let login = self.inner.login()?;
        let arrays = match self.inner.jobs.forget(job) {
            Some(arrays) => arrays,
            // Another process has started them.
            None => {
                let found = Found::look(login, &self.inner.config, false).await?;
                return found.named(&name::arrays_of(job)).remove(login).await.map(drop);
            }
        };
        stop(login, &arrays).await.map_err(|source| from_command(STOP, source))
    }

    async fn examine(&self) -> Vec<Finding> {
        examine::examine(&self.inner).await
    }

    async fn leftovers(&self, scope: &CleanScope) -> Result<Vec<Leftover>, ComputeError> {
        Ok(self.inner.find(scope).await?.leftovers())
    }

    async fn clean(&self, scope: CleanScope) -> Result<usize, ComputeError> {
        if let CleanScope::Job(job) = &scope {
            self.inner.jobs.forget(job);
        }
        let found = self.inner.find(&scope).await?;
        if scope == CleanScope::All {
            self.inner.doubt();
        }
        found.remove(self.inner.login()?).await
    }

    async fn shutdown(&self) {
        let close = async {
            self.inner.refuse_more();
            let nodes = self.nodes.lock().await.take();
            if let Some(nodes) = nodes {
                nodes.close().await;
            }
            self.inner.close().await;
        };
        if tokio::time::timeout(LAST_CANCELS, close).await.is_err() {
            tracing::warn!(
                "jobs of Slurm could not be cancelled in time: they go with the next executor's first \
                 job, by `lithops clean`, or by `scancel`"
            );
        }
    }
}

#[async_trait]
impl Link for SlurmBackend {
    async fn open(
        &self,
        profile: &WorkerProfile,
        sink: LaneSink,
    ) -> Result<Box<dyn Lane>, ComputeError> {
        Ok(Box::new(self.nodes().await?.open(profile, sink).await?))
    }

    fn idle(&self) -> Option<Duration> {
        Some(self.inner.config.idle)
    }
}
