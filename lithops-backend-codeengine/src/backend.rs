//! The backend: jobs as runs of one job definition.

mod examine;
mod inner;
mod look;
mod start;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lithops_core::ports::{
    Billing, Capability, CleanScope, ComputeBackend, ComputeError, ComputeErrorKind, Finding,
    Isolation, Launch, Leftover, Link, StorageBackend, WorkerStatus,
};
use lithops_core::wire::JobId;

use crate::client::Client;
use crate::deploy::find_project;
use crate::refused::{BACKEND, because, from_api};
use crate::{CodeEngineConfig, clean, name};
use inner::{Deployment, Inner};

const START: &str = "start workers";
const ASK: &str = "ask about workers";
const STOP: &str = "stop workers";
const CLEAN: &str = "remove what was left behind";

/// How long an executor's end waits for its runs to be removed.
const LAST_REMOVALS: Duration = Duration::from_secs(15);

/// Runs calls in instances of IBM Cloud Code Engine.
///
/// At first need the project is found or made, the image is pushed, and a job definition is made that
/// names both. Each dispatch of a job is a run of that definition, an array with an index for each
/// instance; Code Engine starts instances as there is room, and their first process starts the
/// workers. The runs of a job are removed at its end.
///
/// # Requests
///
/// However many calls a job has, it costs Code Engine's API one request for each thousand instances to
/// start them, one each time it is asked how they do (after a second at first, then less and less
/// often), one at the end for what they have cost, and one to remove the run. The first job of an
/// executor costs four more to find project, definition, and what the dead have left, and two for each secret.
///
/// # What is left behind
///
/// Definitions, secrets and images stay for the next executor, which finds them by their content. The
/// runs of a client that was killed are removed by the next executor of the same machine, at its
/// first job, or by [`clean`](ComputeBackend::clean).
#[derive(Debug)]
pub struct CodeEngineBackend {
    inner: Arc<Inner>,
}

impl CodeEngineBackend {
    /// A backend that asks nobody before it is first needed.
    pub fn new(config: CodeEngineConfig) -> Self {
        lithops_worker::refuse_stray_worker();
        Self { inner: Arc::new(Inner::new(config)) }
    }

    /// How many requests Code Engine's API has been sent so far, repetitions included.
    pub fn requests(&self) -> u64 {
        self.inner.client.get().map_or(0, Client::requests)
    }
}

#[async_trait]
impl ComputeBackend for CodeEngineBackend {
    fn capability(&self) -> Capability {
        let Inner { config, capacity, .. } = &*self.inner;
        Capability {
            backend: BACKEND,
            max_workers: capacity.workers,
            slots: capacity.slots,
            isolation: Isolation::Container,
            on_this_machine: false,
            memory_limit: true,
            environment: true,
            captures_output: true,
            max_duration: Some(config.timeout),
            billing: Some(Billing {
                cpu: config.combination.cpu(),
                memory_gb: config.combination.memory_gb(),
                rates: config.rates.clone(),
            }),
        }
    }

    fn program(&self) -> Option<&Path> {
        self.inner.config.program.as_deref()
    }

    fn link(&self) -> Option<&dyn Link> {
        None
    }

    fn lend(&self, storage: &Arc<dyn StorageBackend>) -> bool {
        // For launchers' programs; it is offered once.
        self.inner.storage.set(Arc::clone(storage)).ok();
        false
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        Ok(self.inner.deployed().await?.image.clone())
    }

    async fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        let inner = Arc::clone(&self.inner);
        // In a task of its own: whoever stops waiting for it must not leave a run behind.
        let mark = inner.jobs.begin(&launch.job);
        let started = tokio::spawn(async move { inner.start(&launch, mark).await }).await;
        started.map_err(|source| because(ComputeErrorKind::Start, START, source))?
    }

    async fn status(&self, job: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        self.inner.look(job, ASK).await?;
        let terms = self.inner.terms();
        if self.inner.jobs.has_stuck_anew(job, &terms) {
            self.inner.doubt();
        }
        Ok(self.inner.jobs.workers(job, &terms))
    }

    async fn instance_seconds(&self, job: &JobId) -> Result<Option<f64>, ComputeError> {
        self.inner.look(job, ASK).await?;
        Ok(self.inner.jobs.seconds(job))
    }

    async fn cancel(&self, job: &JobId) -> Result<(), ComputeError> {
        let Some(runs) = self.inner.jobs.forget(job) else {
            self.inner.remove_runs_of(job).await?;
            return Ok(());
        };
        let Some(project) = self.inner.project() else { return Ok(()) };
        let client = self.inner.client()?;
        clean::stop(client, &project, &runs).await.map_err(|left| {
            self.inner.jobs.keep(left.runs);
            from_api(STOP, left.error)
        })
    }

    async fn examine(&self) -> Vec<Finding> {
        examine::examine(&self.inner.config).await
    }

    async fn leftovers(&self, scope: &CleanScope) -> Result<Vec<Leftover>, ComputeError> {
        let client = self.inner.client()?;
        let Some(project) = find_project(client, &self.inner.config).await? else {
            return Ok(Vec::new());
        };
        let found = match scope {
            CleanScope::Job(job) => clean::find_runs(client, &project, &name::runs(job)).await,
            CleanScope::Leftovers => {
                let deployed = self.inner.already_deployed().await;
                let definition = deployed.as_ref().map(|deployed| deployed.definition.as_str());
                let keep = clean::Keep { definition, secrets: &[] };
                clean::Leftovers { client, project: &project, keep }.find().await
            }
            CleanScope::All => clean::find_everything(client, &project).await,
        };
        found.map_err(|error| from_api(CLEAN, error))
    }

    async fn clean(&self, scope: CleanScope) -> Result<usize, ComputeError> {
        let client = self.inner.client()?;
        let Some(project) = find_project(client, &self.inner.config).await? else { return Ok(0) };
        let removed = match scope {
            CleanScope::Job(job) => {
                let runs = self.inner.jobs.forget(&job).unwrap_or_default();
                let removed = clean::runs(client, &project, &name::runs(&job)).await;
                if removed.is_err() {
                    self.inner.jobs.keep(runs);
                }
                removed
            }
            CleanScope::Leftovers => {
                let deployed = self.inner.already_deployed().await;
                let definition = deployed.as_ref().map(|deployed| deployed.definition.as_str());
                let keep = clean::Keep { definition, secrets: &[] };
                clean::Leftovers { client, project: &project, keep }.remove().await
            }
            CleanScope::All => {
                *self.inner.deployed.lock().await = Deployment::Unknown;
                clean::everything(client, &project).await
            }
        };
        removed.map_err(|error| from_api(CLEAN, error))
    }

    async fn shutdown(&self) {
        self.inner.closed.send_replace(true);
        let runs = self.inner.jobs.forget_all();
        let project = self.inner.project();
        if let (Some(project), Ok(client), false) = (project, self.inner.client(), runs.is_empty())
        {
            let removal = clean::stop(client, &project, &runs);
            let (error, runs) = match tokio::time::timeout(LAST_REMOVALS, removal).await {
                Ok(Ok(())) => return,
                Ok(Err(left)) => (left.error.to_string(), left.runs),
                Err(elapsed) => (elapsed.to_string(), runs),
            };
            tracing::warn!(
                error,
                ?runs,
                "job runs could not be removed: they go with the next executor's first job, by \
                 `ComputeBackend::clean`, or by hand in the console"
            );
        }
    }
}
