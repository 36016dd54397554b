//! A platform in simulated time: it starts workers late, twice or never, and tells of them what was.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use lithops_core::ports::{
    Capability, CleanScope, ComputeBackend, ComputeError, ComputeErrorKind, Isolation, Lane,
    LaneSink, Launch, Link, StorageBackend, WorkerProfile, WorkerState, WorkerStatus,
};
use lithops_core::wire::{CallError, JobId};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::scene::{Scene, pass};
use crate::tally::Place;
use crate::worker::{self, End, Fate, TaskWorker, obituary};

/// After so long a worker that was not started is told as failed.
const START_BOUND: Duration = Duration::from_secs(120);
const NAME: &str = "simulation";

/// A platform in simulated time.
#[derive(Debug)]
pub(crate) struct SimulatedPlatform {
    scene: Arc<Scene>,
    /// As workers see it.
    storage: Arc<dyn StorageBackend>,
    links: bool,
    started: Mutex<Started>,
}

#[derive(Debug, Default)]
struct Started {
    jobs: BTreeMap<JobId, Vec<Task>>,
    closed: bool,
}

/// What a worker has been doing, since when.
type States = Vec<(Instant, WorkerState)>;

#[derive(Debug)]
struct Task {
    wave: u32,
    worker: u32,
    /// What it has been doing since when.
    states: Arc<Mutex<States>>,
    /// Of all copies.
    handles: Vec<AbortHandle>,
}

impl Drop for Task {
    fn drop(&mut self) {
        self.handles.iter().for_each(AbortHandle::abort);
    }
}

/// Counts a worker as alive.
struct Alive(Arc<Scene>, Place);

impl Alive {
    fn new(scene: &Arc<Scene>, place: &Place) -> Self {
        scene.tally(|tally| tally.up(place));
        Self(Arc::clone(scene), place.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.tally(|tally| tally.down(&self.1));
    }
}

impl SimulatedPlatform {
    pub(crate) fn new(scene: Arc<Scene>, storage: Arc<dyn StorageBackend>, links: bool) -> Self {
        Self { scene, storage, links, started: Mutex::default() }
    }

    fn started(&self) -> MutexGuard<'_, Started> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Workers that end with their client do so: those on its machine.
    pub(crate) fn client_is_killed(&self) {
        if !self.scene.here {
            return;
        }
        let jobs = std::mem::take(&mut self.started().jobs);
        for (job, tasks) in jobs {
            for Task { wave, worker, .. } in &tasks {
                let place = Place::Task { job: job.clone(), wave: *wave, worker: *worker };
                self.scene.disturb(&place, format_args!("ends with its client"));
            }
        }
    }

    async fn travel(&self) {
        pass(self.scene.between(self.scene.faults.request)).await;
    }

    fn refused(&self, operation: &'static str) -> ComputeError {
        let kind = ComputeErrorKind::Unavailable;
        ComputeError::new(NAME, kind, operation, "a fault of the simulation")
    }

    fn start_worker(&self, launch: &Launch, worker: u32) -> Task {
        let wave = launch.order.wave;
        let place = Place::Task { job: launch.job.clone(), wave, worker };
        let states = Arc::new(Mutex::new(vec![(Instant::now(), WorkerState::Pending)]));
        let copies = if self.scene.happens(self.scene.faults.double_starts) { 2 } else { 1 };
        if copies > 1 {
            self.scene.disturb(&place, format_args!("is started twice"));
        }
        // A share has about as many calls.
        let calls = 6;
        let start = |copy| {
            let fate = Fate::draw(&self.scene, calls);
            let states = (copy == 0).then(|| Arc::clone(&states));
            let task = TaskWorker {
                scene: Arc::clone(&self.scene),
                storage: Arc::clone(&self.storage),
                order: launch.order.clone(),
                worker,
                fate,
                copy,
            };
            let run = run(Arc::clone(&self.scene), place.clone(), task, states);
            self.scene.spawn(run)
        };
        let handles = (0..copies).map(start).collect();
        Task { wave, worker, states, handles }
    }
}

/// Starts a worker when it is time, and notes what becomes of it for the platform to tell.
async fn run(
    scene: Arc<Scene>,
    place: Place,
    task: TaskWorker,
    states: Option<Arc<Mutex<States>>>,
) {
    let become_ = |state| {
        if let Some(states) = &states {
            let mut states = states.lock().unwrap_or_else(PoisonError::into_inner);
            states.push((Instant::now(), state));
        }
    };
    let Some(start) = task.fate.start else {
        scene.disturb(&place, format_args!("is never started"));
        pass(START_BOUND).await;
        let cause = CallError::WorkerLost { reason: format!("not started in {START_BOUND:?}") };
        return become_(WorkerState::Failed { running: None, unseen: false, cause });
    };
    if start > scene.faults.start.1 {
        scene.disturb(&place, format_args!("is started after {start:?}"));
    }
    pass(start).await;
    let _alive = Alive::new(&scene, &place);
    become_(WorkerState::Running);
    scene.note(format_args!("{place} starts"));
    let seen = task.fate.seen;
    let end = task.work().await;
    scene.note(format_args!("{place} has ended: {end:?}"));
    become_(match end {
        End::Well => WorkerState::Succeeded,
        End::Died(running) => {
            let (running, unseen, cause) = obituary(seen, running);
            WorkerState::Failed { running, unseen, cause }
        }
        End::Broke(reason) => {
            let cause = CallError::WorkerLost { reason };
            WorkerState::Failed { running: None, unseen: false, cause }
        }
    });
}

#[async_trait]
impl ComputeBackend for SimulatedPlatform {
    fn capability(&self) -> Capability {
        Capability {
            backend: NAME,
            max_workers: self.scene.workers,
            slots: self.scene.slots,
            isolation: Isolation::Process,
            on_this_machine: self.scene.here,
            memory_limit: true,
            environment: true,
            captures_output: false,
            max_duration: None,
            billing: None,
        }
    }

    fn link(&self) -> Option<&dyn Link> {
        self.links.then_some(self)
    }

    fn lend(&self, _: &Arc<dyn StorageBackend>) -> bool {
        true
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        self.travel().await;
        Ok(NAME.to_owned())
    }

    async fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        self.travel().await;
        if self.scene.happens(self.scene.faults.refused_starts) {
            self.scene
                .fault(format_args!("wave {} of {} is refused", launch.order.wave, launch.job));
            return Err(self.refused("start"));
        }
        if self.started().closed {
            return Err(self.refused("start"));
        }
        let tasks: Vec<Task> =
            (0..launch.workers).map(|worker| self.start_worker(&launch, worker)).collect();
        let (wave, job) = (launch.order.wave, &launch.job);
        self.scene.note(format_args!("wave {wave} of {job}: {} workers", tasks.len()));
        self.started().jobs.entry(launch.job).or_default().extend(tasks);
        self.travel().await;
        Ok(())
    }

    async fn status(&self, job: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        self.travel().await;
        let faults = &self.scene.faults;
        if self.scene.happens(faults.failed_status) {
            self.scene.fault(format_args!("the platform does not tell of {job}"));
            return Err(self.refused("status"));
        }
        let lag = self.scene.happens(faults.lagging_status);
        let lag = if lag { self.scene.up_to(faults.status_lag) } else { Duration::ZERO };
        let mut told = Vec::new();
        let mut unknown = Vec::new();
        for task in self.started().jobs.get(job).into_iter().flatten() {
            let (wave, worker) = (task.wave, task.worker);
            let states = task.states.lock().unwrap_or_else(PoisonError::into_inner);
            let state = states.iter().rev().find(|(since, _)| *since + lag <= Instant::now());
            match state {
                Some((_, state)) => told.push(WorkerStatus { wave, worker, state: state.clone() }),
                None => unknown.push(Place::Task { job: job.clone(), wave, worker }),
            }
        }
        for place in unknown {
            self.scene.disturb(&place, format_args!("is not known of yet"));
        }
        self.travel().await;
        Ok(told)
    }

    async fn cancel(&self, job: &JobId) -> Result<(), ComputeError> {
        self.travel().await;
        let stopped = self.started().jobs.remove(job);
        let stopped = stopped.map_or(0, |tasks| tasks.len());
        self.scene.note(format_args!("{job} is stopped, which had {stopped} workers"));
        self.travel().await;
        Ok(())
    }

    async fn shutdown(&self) {
        let jobs = {
            let mut started = self.started();
            started.closed = true;
            std::mem::take(&mut started.jobs)
        };
        drop(jobs);
        self.travel().await;
    }

    async fn clean(&self, _: CleanScope) -> Result<usize, ComputeError> {
        Ok(0)
    }
}

#[async_trait]
impl Link for SimulatedPlatform {
    async fn open(&self, _: &WorkerProfile, sink: LaneSink) -> Result<Box<dyn Lane>, ComputeError> {
        self.travel().await;
        if self.scene.happens(self.scene.faults.refused_starts) {
            self.scene.fault(format_args!("a lane is refused"));
            return Err(self.refused("start"));
        }
        Ok(Box::new(worker::open(&self.scene, &self.storage, sink)))
    }
}
