//! Instances as containers of a Docker Engine: as near to the cloud as this machine comes.

mod body;
mod files;
mod life;
mod owner;
mod start;
mod sweep;
mod witness;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use lithops_runtime::engine::{Engine, EngineError};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tokio_util::task::TaskTracker;

use super::{Instance, InstanceSpec, Platform, StartFailure};
use owner::Owner;

/// How many containers the engine is made to start at a time; more would only queue there.
const AT_A_TIME: usize = 8;

/// How long the engine may take to remove what is left at the end.
const SHUTDOWN: Duration = Duration::from_secs(60);

/// Says of a container that it is an emulator's, and whose.
const LABEL: &str = "lithops-codeengine-emulator";

/// How instances are made containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerSettings {
    /// Where the engine is; found as the Docker CLI finds it if `None`.
    pub engine: Option<String>,
    /// The network of containers: `bridge`, `host`, `none`, or the name of one. In the engine's usual
    /// bridge, this machine is `host.docker.internal`.
    pub network: String,
    /// How many processes and threads an instance may have.
    pub pids: i64,
}

impl Default for ContainerSettings {
    fn default() -> Self {
        Self { engine: None, network: "bridge".to_owned(), pids: 4096 }
    }
}

/// Why instances can't be containers.
#[derive(Debug, thiserror::Error)]
pub enum ContainersError {
    /// There is no engine, or it does not do what it is asked for.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The engine does not list its containers.
    #[error("the engine does not list its containers: {0}")]
    List(#[source] bollard::errors::Error),
    /// There is no temporary folder, or `/proc` can't be read.
    #[error("instances need a temporary folder, and /proc: {0}")]
    Machine(#[from] std::io::Error),
}

/// Runs instances as containers.
///
/// An instance has the limits of processors and memory that its order says, without swap; of
/// processors, no more than the engine's machine has. Its ephemeral storage is not limited. Mounted
/// folders are there, read-only. An image that the engine has not is pulled, by nobody or as the
/// run's registry secret says. Containers are removed as they end, and those of an emulator that was
/// killed when the next one starts.
#[derive(Clone, Debug)]
pub struct Containers {
    shared: Arc<Shared>,
}

/// What all containers of an emulator share.
#[derive(Debug)]
struct Shared {
    engine: Engine,
    settings: ContainerSettings,
    /// How many processors the engine's machine has.
    processors: u64,
    /// Whether that is this machine.
    same_machine: bool,
    /// The value of their label.
    owner: String,
    /// Which emulator of this process it is.
    number: u64,
    /// The folders that are mounted.
    folder: TempDir,
    starts: Semaphore,
    /// For each image, what whoever pulls it holds: the others find it then.
    pulling: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    started: AtomicU64,
    /// What looks after containers and removes them.
    tasks: TaskTracker,
    runtime: Handle,
}

impl Containers {
    /// Finds the engine, and removes what emulators that were killed have left there. Must be called
    /// within a tokio runtime.
    ///
    /// # Errors
    /// [`ContainersError`] if no engine answers, or it can't be used.
    pub async fn connect(settings: ContainerSettings) -> Result<Self, ContainersError> {
        static EMULATORS: AtomicU64 = AtomicU64::new(0);
        let engine = Engine::connect(settings.engine.as_deref()).await?;
        let facts = engine.facts().await?;
        if !facts.limits.all_work() {
            tracing::warn!(limits = ?facts.limits, "this engine does not enforce all limits");
        }
        let (processors, same_machine) = (facts.processors, facts.same_machine);
        let owner = Owner::current()?;
        sweep::remove_where(engine.docker(), |label| owner.is_leftover(label)).await?;
        let number = EMULATORS.fetch_add(1, Ordering::Relaxed);
        let shared = Shared {
            processors,
            same_machine,
            owner: owner.label(number),
            number,
            folder: tempfile::Builder::new().prefix("lithops-codeengine-").tempdir()?,
            starts: Semaphore::new(AT_A_TIME),
            pulling: Mutex::default(),
            started: AtomicU64::new(0),
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
            settings,
            engine,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The value of the label `lithops-codeengine-emulator` of this emulator's containers.
    pub fn label(&self) -> &str {
        &self.shared.owner
    }
}

#[async_trait]
impl Platform for Containers {
    async fn start(&self, spec: InstanceSpec) -> Result<Box<dyn Instance>, StartFailure> {
        let (told, answer) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        // Goes on when this call is dropped: a request that is broken off may be carried out by the
        // engine all the same. The container is dropped then, and so removed.
        let start = async move {
            let unwanted = || told.is_closed();
            let started = start::start(&shared, &spec, unwanted).await;
            told.send(started).ok();
        };
        self.shared.tasks.spawn_on(start, &self.shared.runtime);
        let started = answer.await.map_err(|gone| StartFailure::Platform(Box::new(gone)))?;
        Ok(Box::new(started?))
    }

    async fn shutdown(&self) {
        self.shared.tasks.close();
        if tokio::time::timeout(SHUTDOWN, self.shared.tasks.wait()).await.is_err() {
            tracing::warn!(left = self.shared.tasks.len(), "the engine does not remove containers");
        }
        let own = |label: &str| label == self.shared.owner;
        if let Err(error) = sweep::remove_where(self.shared.engine.docker(), own).await {
            tracing::warn!(%error, "containers may be left");
        }
    }
}
