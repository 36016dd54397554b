//! Workers that talk to the client directly: agents on nodes, each with room for some.

mod address;
mod allocation;
mod place;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use lithops_agents::{AgentLane, Claim, Switchboard, Worker, new_key};
use lithops_core::ports::{ComputeError, ComputeErrorKind, LaneSink, WorkerProfile};
use lithops_core::wire::WorkerTask;
use tokio::runtime::Handle;

use crate::backend::{Inner, START};
use crate::clean::stop;
use crate::home::{Home, put};
use crate::refused::{BACKEND, closed, from_command};
use crate::script::check;
use place::{Place, State};

/// How long is waited for more workers to be wanted, which one array job is for.
const GATHER: Duration = Duration::from_millis(3);
/// How long an agent without workers is kept: the next may be on its way.
const LINGER: Duration = Duration::from_secs(2);
/// How often a worker is tried to be had, where that is nobody's fault.
const TRIES: u32 = 4;

/// The agents of an executor.
#[derive(Debug)]
pub(crate) struct Nodes {
    inner: Arc<Inner>,
    home: Arc<Home>,
    switchboard: Switchboard,
    /// Where agents find the switchboard, and the file with the key to it.
    hosts: Vec<String>,
    key: String,
    places: Mutex<Places>,
    /// How many array jobs were submitted.
    submitted: AtomicU64,
    tidies: AtomicBool,
    closed: AtomicBool,
    /// Where the tasks of connections live.
    tasks: Handle,
    me: Weak<Self>,
}

#[derive(Debug, Default)]
struct Places {
    all: Vec<Arc<Place>>,
    /// Those of which no array job has been submitted.
    wanted: Vec<Arc<Place>>,
    /// The array jobs.
    arrays: Vec<u64>,
}

impl Nodes {
    /// Begins to listen, and brings the key to the shared folder.
    pub(crate) async fn listen(inner: &Arc<Inner>) -> Result<Arc<Self>, ComputeError> {
        const LISTEN: &str = "listen to workers";
        let refused =
            |source| ComputeError::because(BACKEND, ComputeErrorKind::Start, LISTEN, source);
        let home = inner.deployed().await?;
        let login = inner.login()?;
        let found = address::find(login, &inner.config).await?;
        let key = new_key().map_err(refused)?;
        let place = format!("{}/link-key", home.own);
        let bytes = key.expose().to_vec().into();
        put(login, &place, &home.own, "600", bytes, LISTEN).await?;
        let switchboard = Switchboard::listen_tcp(found.listen, key).await.map_err(refused)?;
        let port = switchboard.address().map_or(found.listen.port(), |address| address.port());
        let hosts = found.hosts.iter().map(|host| address::with_port(host, port)).collect();
        tracing::debug!(?hosts, "workers will call here");
        Ok(Arc::new_cyclic(|me| Self {
            inner: Arc::clone(inner),
            home,
            switchboard,
            hosts,
            key: place,
            places: Mutex::default(),
            submitted: AtomicU64::new(0),
            tidies: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            tasks: Handle::current(),
            me: Weak::clone(me),
        }))
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a worker where there is room, on another node if it must be, and gives the lane to it.
    pub(crate) async fn open(
        &self,
        profile: &WorkerProfile,
        sink: LaneSink,
    ) -> Result<AgentLane, ComputeError> {
        check(&self.inner.config, &profile.environment, profile.memory, START)?;
        let mut tries = 0;
        let (agent, claim) = loop {
            if self.closed.load(Ordering::Acquire) {
                return Err(closed(START));
            }
            let (place, claim) = self.take_place(profile.memory);
            tries += 1;
            match place.agent().await {
                Ok(agent) => break (agent, claim),
                Err(failed) if failed.passes && tries < TRIES => {
                    tracing::info!(error = %failed.error, "a worker is asked for again");
                }
                Err(failed) => return Err(failed.error),
            }
        };
        let worker = Worker::start(&agent, &self.switchboard, WorkerTask::Link, profile, claim);
        let worker = worker.map_err(|source| {
            ComputeError::because(BACKEND, ComputeErrorKind::Start, START, source)
        })?;
        Ok(AgentLane::open(worker, sink))
    }

    /// Room at an agent that is there or on its way; at one more, if none has room.
    fn take_place(&self, memory: Option<u64>) -> (Arc<Place>, Claim) {
        let slots = self.inner.config.slots.max(1);
        let mut places = self.places();
        places.all.retain(|place| !place.is_over());
        let mut with_room = places.all.iter();
        let found = with_room.find(|place| place.memory == memory && place.taken() < slots);
        let place = match found {
            Some(place) => Arc::clone(place),
            None => {
                let place = Arc::new(Place::new(memory));
                places.all.push(Arc::clone(&place));
                places.wanted.push(Arc::clone(&place));
                if places.wanted.len() == 1 {
                    self.submit_soon();
                }
                place
            }
        };
        place.take();
        drop(places);
        let (taken, nodes) = (Arc::clone(&place), Weak::clone(&self.me));
        let claim = Claim::new(move || {
            taken.give_back();
            if let Some(nodes) = nodes.upgrade() {
                nodes.tidy_soon();
            }
        });
        (place, claim)
    }

    /// Submits array jobs for all that is wanted by then.
    fn submit_soon(&self) {
        let Some(nodes) = self.me.upgrade() else { return };
        self.tasks.spawn(async move {
            tokio::time::sleep(GATHER).await;
            let wanted = std::mem::take(&mut nodes.places().wanted);
            let mut alike: BTreeMap<Option<u64>, Vec<Arc<Place>>> = BTreeMap::new();
            for place in wanted.into_iter().filter(|place| place.taken() > 0) {
                alike.entry(place.memory).or_default().push(place);
            }
            for (memory, places) in alike {
                nodes.allocate(memory, places).await;
            }
        });
    }

    /// Ends agents that nobody has work for, in a moment.
    fn tidy_soon(&self) {
        if self.tidies.swap(true, Ordering::AcqRel) {
            return;
        }
        let Some(nodes) = self.me.upgrade() else { return };
        self.tasks.spawn(async move {
            tokio::time::sleep(LINGER).await;
            nodes.tidies.store(false, Ordering::Release);
            nodes.tidy().await;
        });
    }

    /// Lets go of places without workers; gives the tasks that have not begun.
    fn let_go(&self) -> Vec<String> {
        let mut waiting = Vec::new();
        // Nobody takes one of them meanwhile.
        self.places().all.retain(|place| {
            if place.taken() > 0 {
                return true;
            }
            match place.state() {
                State::Here(agent) => agent.hang_up(),
                State::Submitted { array, task } => waiting.push(format!("{array}_{task}")),
                State::Wanted | State::Failed(_) => {}
            }
            place.forget();
            false
        });
        waiting
    }

    async fn tidy(&self) {
        let waiting = self.let_go();
        if waiting.is_empty() {
            return;
        }
        tracing::debug!(tasks = waiting.len(), "tasks that are not needed any more are cancelled");
        let Ok(login) = self.inner.login() else { return };
        let cancel = ["scancel", "--quiet"].into_iter().chain(waiting.iter().map(String::as_str));
        if let Err(error) = login.ask(&crate::login::slurm(cancel)).await {
            // They end as soon as they begin: nobody waits for their call.
            tracing::warn!(%error, "tasks that are not needed any more could not be cancelled");
        }
    }

    /// Ends all agents, and waits until Slurm says so too.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let Places { all, arrays, .. } = std::mem::take(&mut *self.places());
        for place in all {
            if let State::Here(agent) = place.state() {
                agent.hang_up();
            }
            place.forget();
        }
        let Ok(login) = self.inner.login() else { return };
        if let Err(source) = stop(login, &arrays).await {
            let error = from_command(START, source);
            tracing::warn!(%error, ?arrays, "jobs of Slurm could not be cancelled: use `scancel`");
        }
    }
}
