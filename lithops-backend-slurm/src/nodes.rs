//! Workers that talk to the client directly: agents on nodes, each with room for some.

mod address;
mod allocation;
mod descriptors;
mod place;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use lithops_agents::{AgentLane, Claim, Switchboard, Worker, new_key};
use lithops_core::ports::{ComputeError, ComputeErrorKind, LaneSink, WorkerProfile};
use lithops_core::wire::{LinkKey, WorkerTask};
use tokio::runtime::Handle;
use tokio::sync::Mutex as AsyncMutex;

use crate::backend::{Inner, START};
use crate::clean::stop_or_tell;
use crate::home::{Home, put};
use crate::login::{Login, slurm};
use crate::refused::{BACKEND, closed};
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
    /// What was made ready last, with the key to the switchboard in it.
    home: AsyncMutex<Arc<Home>>,
    switchboard: Switchboard,
    /// Where agents find the switchboard, and the key to it.
    hosts: Vec<String>,
    key: LinkKey,
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
        let login = inner.login()?;
        descriptors::make_room(inner.config.max_workers);
        let (home, found) =
            tokio::try_join!(inner.deployed(), address::find(login, &inner.config))?;
        let key = new_key().map_err(refused)?;
        bring(login, &home, &key).await?;
        let switchboard =
            Switchboard::listen_tcp(found.listen, key.clone()).await.map_err(refused)?;
        let port = switchboard.address().map_or(found.listen.port(), |address| address.port());
        let hosts = found.hosts.iter().map(|host| address::with_port(host, port)).collect();
        tracing::debug!(?hosts, "workers will call here");
        Ok(Arc::new_cyclic(|me| Self {
            inner: Arc::clone(inner),
            home: AsyncMutex::new(home),
            switchboard,
            hosts,
            key,
            places: Mutex::default(),
            submitted: AtomicU64::new(0),
            tidies: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            tasks: Handle::current(),
            me: Weak::clone(me),
        }))
    }

    /// The folder as agents need it: made ready again, with the key, if it may have been damaged.
    async fn home(&self) -> Result<Arc<Home>, ComputeError> {
        let mut home = self.home.lock().await;
        let ready = self.inner.deployed().await?;
        if !Arc::ptr_eq(&home, &ready) {
            bring(self.inner.login()?, &ready, &self.key).await?;
            *home = ready;
        }
        Ok(Arc::clone(&home))
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
                    tracing::info!(error = %failed.error(), "a worker is asked for again");
                }
                Err(failed) => return Err(failed.error()),
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
            // An executor's end waits for what is being submitted, and lets nothing begin after it.
            let _submitting = nodes.inner.submitting.read().await;
            for (memory, places) in nodes.wanted() {
                nodes.allocate(memory, places).await;
            }
        });
    }

    /// What is wanted, those together that are alike.
    fn wanted(&self) -> BTreeMap<Option<u64>, Vec<Arc<Place>>> {
        let mut alike: BTreeMap<Option<u64>, Vec<Arc<Place>>> = BTreeMap::new();
        // Nobody takes one of them meanwhile.
        let mut places = self.places();
        for place in std::mem::take(&mut places.wanted) {
            if place.taken() > 0 && !self.closed.load(Ordering::Acquire) {
                alike.entry(place.memory).or_default().push(place);
            } else {
                place.forget();
            }
        }
        alike
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
    fn let_go(&self) -> Vec<(u64, u32)> {
        let mut waiting = Vec::new();
        // Nobody takes one of them meanwhile.
        self.places().all.retain(|place| {
            if place.taken() > 0 {
                return true;
            }
            match place.forget() {
                State::Here(agent) => agent.hang_up(),
                State::Submitted { array, task } => waiting.push((array, task)),
                // What is being submitted for it is cancelled by who submits it.
                State::Wanted | State::Failed(_) => {}
            }
            false
        });
        waiting
    }

    async fn tidy(&self) {
        cancel(&self.inner, &self.let_go()).await;
    }

    /// Ends all agents, and waits until Slurm says so too.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        drop(self.inner.submitting.write().await);
        let Places { all, arrays, .. } = std::mem::take(&mut *self.places());
        for place in all {
            if let State::Here(agent) = place.forget() {
                agent.hang_up();
            }
        }
        let Ok(login) = self.inner.login() else { return };
        stop_or_tell(login, &arrays).await;
    }
}

/// The file with the key by which agents and client know each other.
fn key_file(home: &Home) -> String {
    format!("{}/link-key", home.own)
}

async fn bring(login: &Login, home: &Home, key: &LinkKey) -> Result<(), ComputeError> {
    const BRING: &str = "bring the key to the cluster";
    let bytes = key.expose().to_vec().into();
    put(login, &key_file(home), &home.own, "600", bytes, BRING).await
}

/// Cancels tasks of arrays that nobody needs any more.
async fn cancel(inner: &Inner, tasks: &[(u64, u32)]) {
    if tasks.is_empty() {
        return;
    }
    tracing::debug!(tasks = tasks.len(), "tasks that are not needed any more are cancelled");
    let Ok(login) = inner.login() else { return };
    let names: Vec<String> = tasks.iter().map(|(array, task)| format!("{array}_{task}")).collect();
    let words = ["scancel", "--quiet"].into_iter().chain(names.iter().map(String::as_str));
    if let Err(error) = login.ask(&slurm(words)).await {
        // They end as soon as they begin: nobody waits for their call.
        tracing::warn!(%error, "tasks that are not needed any more could not be cancelled");
    }
}
