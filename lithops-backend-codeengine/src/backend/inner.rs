//! What an executor knows of its project: made ready once, for all jobs.

use std::sync::{Arc, Mutex as StdMutex, OnceLock, PoisonError};
use std::time::Duration;

use lithops_core::ports::{ComputeError, ComputeErrorKind, StorageBackend};
use lithops_worker::Owner;
use tokio::sync::{Mutex, watch};

use super::START;
use crate::client::Client;
use crate::deploy::{Deployed, deploy};
use crate::jobs::Jobs;
use crate::refused::{error, from_api, not_again};
use crate::request::Project;
use crate::status::Terms;
use crate::{Capacity, CodeEngineConfig, capacity, clean};

/// How long the first start may take longer for what dead clients have left.
const SWEEP: Duration = Duration::from_secs(10);

/// One project, as an executor uses it.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) config: CodeEngineConfig,
    pub(super) capacity: Capacity,
    /// Whose runs are, as text.
    pub(super) owner: String,
    pub(super) client: OnceLock<Client>,
    pub(super) storage: OnceLock<Arc<dyn StorageBackend>>,
    pub(super) deployed: Mutex<Deployment>,
    /// Where runs are, once there may be some.
    pub(super) project: StdMutex<Option<Project>>,
    pub(super) closed: watch::Sender<bool>,
    pub(super) jobs: Jobs,
}

/// What is there for workers to be started from.
#[derive(Debug, Default)]
pub(super) enum Deployment {
    #[default]
    Unknown,
    Done(Arc<Deployed>),
    Failed,
}

impl Inner {
    pub(super) fn new(config: CodeEngineConfig) -> Self {
        let capacity = capacity(
            config.quotas,
            config.combination,
            config.slots,
            config.max_instances,
            config.max_workers,
        );
        // Without /proc nobody knows later whether this process lives, so its runs count as others'.
        let owner = Owner::current().map_or_else(|_| "unknown".to_owned(), |owner| owner.to_text());
        Self {
            config,
            capacity,
            owner,
            client: OnceLock::new(),
            storage: OnceLock::new(),
            deployed: Mutex::default(),
            project: StdMutex::default(),
            closed: watch::Sender::new(false),
            jobs: Jobs::default(),
        }
    }

    pub(super) fn client(&self) -> Result<&Client, ComputeError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::new(&self.config).map_err(|error| from_api(START, error))?;
        Ok(self.client.get_or_init(|| client))
    }

    pub(super) fn terms(&self) -> Terms {
        Terms {
            slots: u32::try_from(self.capacity.slots).unwrap_or(u32::MAX),
            combination: self.config.combination,
            timeout: self.config.timeout,
            start_bound: self.config.start_bound,
        }
    }

    /// What this process has deployed, if it has.
    pub(super) async fn already_deployed(&self) -> Option<Arc<Deployed>> {
        match &*self.deployed.lock().await {
            Deployment::Done(deployed) => Some(Arc::clone(deployed)),
            Deployment::Unknown | Deployment::Failed => None,
        }
    }

    /// Makes sure that workers can be started; who comes meanwhile waits.
    pub(super) async fn deployed(&self) -> Result<Arc<Deployed>, ComputeError> {
        let mut deployment = self.deployed.lock().await;
        if *self.closed.borrow() {
            return Err(closed());
        }
        if let Deployment::Done(deployed) = &*deployment {
            return Ok(Arc::clone(deployed));
        }
        let mut end = self.closed.subscribe();
        let deployed = tokio::select! {
            deployed = deploy(self.client()?, &self.config, self.storage.get()) => deployed,
            // A push may take long.
            _ = end.wait_for(|closed| *closed) => Err(closed()),
        };
        match deployed {
            Ok(deployed) => {
                let deployed = Arc::new(deployed);
                if self.project().is_none() {
                    self.sweep(&deployed.project).await;
                }
                *self.project.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(deployed.project.clone());
                *deployment = Deployment::Done(Arc::clone(&deployed));
                Ok(deployed)
            }
            Err(error) => {
                *deployment = Deployment::Failed;
                Err(if self.project().is_none() { not_again(error) } else { error })
            }
        }
    }

    /// Removes what dead clients of this machine have left running: it costs room and money.
    async fn sweep(&self, project: &Project) {
        let Ok(client) = self.client() else { return };
        let sweep = clean::runs_of_the_dead(client, project);
        match tokio::time::timeout(SWEEP, sweep).await {
            Ok(Ok(0)) => {}
            Ok(Ok(runs)) => tracing::info!(runs, "job runs of dead clients were removed"),
            Ok(Err(error)) => tracing::warn!(%error, "job runs of dead clients may be left"),
            Err(_) => tracing::warn!("job runs of dead clients could not be removed in time"),
        }
    }

    /// Has everything looked for again, because somebody has removed a part of it.
    pub(super) async fn forget(&self, lost: &Arc<Deployed>) {
        let mut deployment = self.deployed.lock().await;
        if matches!(&*deployment, Deployment::Done(known) if Arc::ptr_eq(known, lost)) {
            *deployment = Deployment::Unknown;
        }
    }

    /// Has everything looked for again before the next start, for workers did not get going: somebody
    /// may have removed a secret that they need.
    pub(super) fn doubt(&self) {
        // Whoever holds it makes everything ready just now.
        if let Ok(mut deployment) = self.deployed.try_lock()
            && matches!(*deployment, Deployment::Done(_))
        {
            *deployment = Deployment::Unknown;
        }
    }

    /// Where runs are, if there may be some.
    pub(super) fn project(&self) -> Option<Project> {
        self.project.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The executor has ended.
fn closed() -> ComputeError {
    error(ComputeErrorKind::Unsupported, START, "the executor was shut down: make another")
}
