//! What an executor's containers share: the engine, the image, the socket; and the containers
//! themselves, warm for the next worker.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lithops_agents::{Address, Claim, Worker, agent_environment, secret_number};
use lithops_core::ports::{ComputeError, ComputeErrorKind, StorageBackend, WorkerProfile};
use lithops_core::wire::{Preamble, WorkerTask};
use lithops_runtime::engine::Engine;
use lithops_storage::relay::Lent;
use lithops_worker::Owner;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

use super::body::{SOCKET, Terms, body};
use super::config::ContainerConfig;
use super::container::{Container, StartError};
use super::error::{because, closed, from_engine};
use super::leftovers;
use super::runtime::Runtime;
use super::socket::{self, Socket};

/// How long an engine that was there may be away: it is restarted in less.
const AWAY: Duration = Duration::from_secs(20);
/// How long is waited before an engine that is away is asked again.
const PAUSE: Duration = Duration::from_millis(250);

/// How long an executor's end waits for containers that are being started.
const LAST_STARTS: Duration = Duration::from_secs(4);

const START: &str = "start a container";

/// What an executor's containers share.
#[derive(Debug)]
pub(super) struct Host {
    config: ContainerConfig,
    pub(super) engine: Engine,
    runtime: Runtime,
    socket: Socket,
    owner: Owner,
    /// Where the tasks of connections live.
    tasks: Handle,
    places: Mutex<Vec<Arc<Place>>>,
    /// How many containers are started at once.
    at_once: usize,
    starting: Semaphore,
    containers: AtomicU64,
    closed: AtomicBool,
}

/// A container that is there or on its way, and how many workers it has.
#[derive(Debug, Default)]
struct Place {
    container: OnceCell<Arc<Container>>,
    taken: Mutex<usize>,
}

/// A container with room for one worker.
#[derive(Debug)]
struct Seat {
    container: Arc<Container>,
    claim: Claim,
}

fn no_number(source: std::io::Error) -> ComputeError {
    because(ComputeErrorKind::Start, START, source)
}

impl Place {
    fn taken(&self) -> MutexGuard<'_, usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_gone(&self) -> bool {
        self.container.get().is_some_and(|container| container.gone().is_some())
    }
}

impl Host {
    /// Finds the engine, gives it the image, and removes what dead clients have left behind.
    pub(super) async fn prepare(
        config: ContainerConfig,
        lent: Arc<Lent>,
        storage: Option<&Arc<dyn StorageBackend>>,
    ) -> Result<Self, ComputeError> {
        const FIND: &str = "find a container engine";
        let engine = Engine::connect(config.engine.as_deref())
            .await
            .map_err(|source| from_engine(FIND, source))?;
        let facts = engine.facts().await.map_err(|source| from_engine(FIND, source))?;
        if !facts.limits.all_work() {
            tracing::warn!(limits = ?facts.limits, "this engine ignores some limits of containers");
        }
        let owner = Owner::current()
            .map_err(|source| because(ComputeErrorKind::Start, "read /proc", source))?;
        if let Err(error) = leftovers::remove_dead(engine.docker(), &owner).await {
            tracing::warn!(%error, "what dead clients have left could not be looked for");
        }
        if let Err(error) = socket::remove_dead(&owner) {
            tracing::warn!(%error, "folders of dead clients could not be removed");
        }
        let runtime = Runtime::deploy(&config, &engine, storage).await?;
        let socket = Socket::open(lent, &owner).map_err(|source| {
            because(ComputeErrorKind::Start, "listen to containers on a socket", source)
        })?;
        let at_once = (crate::default_workers() * 2).clamp(2, 8);
        let starting = Semaphore::new(at_once);
        Ok(Self {
            config,
            engine,
            runtime,
            socket,
            owner,
            tasks: Handle::current(),
            places: Mutex::default(),
            at_once,
            starting,
            containers: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        })
    }

    /// The runtime's name.
    pub(super) fn image(&self) -> String {
        self.runtime.reference()
    }

    fn places(&self) -> MutexGuard<'_, Vec<Arc<Place>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a worker where there is room, in a new container if it must be.
    pub(super) async fn worker(
        &self,
        task: WorkerTask,
        profile: &WorkerProfile,
    ) -> Result<Worker, ComputeError> {
        let Seat { container, claim } = self.seat().await?;
        Worker::start(&container.agent, &self.socket.switchboard, task, profile, claim)
            .map_err(no_number)
    }

    /// Room for a worker: in a container that has some, else in a new one.
    async fn seat(&self) -> Result<Seat, ComputeError> {
        loop {
            self.refuse_if_closed()?;
            let (place, claim) = self.take_place();
            let container = place.container.get_or_try_init(|| self.start()).await?;
            // Else it was seen to be gone since.
            if container.gone().is_none() {
                return Ok(Seat { container: Arc::clone(container), claim });
            }
        }
    }

    fn refuse_if_closed(&self) -> Result<(), ComputeError> {
        if self.closed.load(Ordering::Acquire) { Err(closed()) } else { Ok(()) }
    }

    fn take_place(&self) -> (Arc<Place>, Claim) {
        let mut places = self.places();
        let is_empty = |place: &Place| place.container.get().is_none() && *place.taken() == 0;
        places.retain(|place| !place.is_gone() && !is_empty(place));
        let has_room = |place: &&Arc<Place>| *place.taken() < self.config.slots;
        let found = places.iter().find(has_room).map(Arc::clone);
        let place = found.unwrap_or_else(|| {
            let new = Arc::<Place>::default();
            places.push(Arc::clone(&new));
            new
        });
        *place.taken() += 1;
        let taken = Arc::clone(&place);
        (place, Claim::new(move || *taken.taken() -= 1))
    }

    /// Starts a container. An engine that is being restarted is waited for; an image that was removed
    /// is brought back.
    async fn start(&self) -> Result<Arc<Container>, ComputeError> {
        let away = Instant::now() + AWAY;
        let mut restored = false;
        loop {
            match self.try_start().await {
                Ok(container) => return Ok(Arc::new(container)),
                Err(StartError::NoImage(error)) if restored => return Err(error),
                Err(StartError::NoImage(_)) => {
                    restored = true;
                    self.runtime.restore(&self.engine).await?;
                }
                Err(StartError::Other(error)) => {
                    if !error.is_retryable() || Instant::now() >= away {
                        return Err(error);
                    }
                    tracing::debug!(%error, "the engine is asked again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn try_start(&self) -> Result<Container, StartError> {
        // The semaphore is never closed.
        let _one_of_few = self.starting.acquire().await;
        self.refuse_if_closed().map_err(StartError::Other)?;
        let count = self.containers.fetch_add(1, Ordering::Relaxed);
        let number = secret_number().map_err(|error| StartError::Other(no_number(error)))?;
        let image = &self.runtime.id();
        let folder = self.socket.folder();
        let own = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
        let labels = HashMap::from([(leftovers::OWNER.to_owned(), self.owner.to_text())]);
        let terms = Terms { config: &self.config, image, folder, labels, own };
        let mut environment = agent_environment(number, &Address::Socket(SOCKET));
        environment.extend(self.runtime.environment());
        let name = format!("{}-{count}", self.socket.name());
        let expected = self.socket.switchboard.expect(Preamble::Agent(number));
        let body = body(terms, environment);
        let container = Container::start(self.engine.docker(), &name, body, expected).await?;
        tracing::debug!(name, image, "container started");
        if let Err(error) = self.refuse_if_closed() {
            container.close().await;
            return Err(StartError::Other(error));
        }
        Ok(container)
    }

    /// Ends all containers, and waits until the engine has removed them.
    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        // Those that are being started end by themselves now, and are waited for.
        let all = self.at_once as u32;
        if tokio::time::timeout(LAST_STARTS, self.starting.acquire_many(all)).await.is_err() {
            tracing::warn!("containers that are being started may stay for a moment");
        }
        let places = std::mem::take(&mut *self.places());
        let containers =
            places.into_iter().filter_map(|place| place.container.get().map(Arc::clone));
        let close = |container: Arc<Container>| async move { container.close().await };
        let closing = futures::future::join_all(containers.map(close));
        // Where the tasks live that hold the connections to the engine, whoever asks.
        if let Err(error) = self.tasks.spawn(closing).await {
            tracing::warn!(%error, "containers may be left behind");
        }
    }
}
