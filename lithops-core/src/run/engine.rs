//! The executor over a compute backend and a storage.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::alive;
use super::job::RunningJob;
use super::key::{DispatchKey, KeyError};
use super::link::{self, Bounds, Command};
use super::mark;
use super::pending::{CleanUp, Pending};
use super::route::{Drive, Route, clean_up};
use super::storage::{self, Order, Surroundings};
use crate::api::is_inside_call;
use crate::error::Error;
use crate::function::build_id;
use crate::plan::{JobOptions, PlannedJob, RetryPolicy, TimeLimit};
use crate::ports::{
    Capability, ComputeBackend, Executor, JobObserver, StorageBackend, SubmittedJob, Supply, TakeUp,
};
use crate::wire::{JobHead, JobId, SealKey, StoredObject};

/// How long workers that were stopped may take to end, before what they wrote is removed.
const LAST_WRITES: Duration = Duration::from_secs(5);

/// Bounds of waiting, the same for all jobs of an executor, and the terms of jobs that say no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineSettings {
    /// How long a worker may take to say its first word.
    pub start_bound: Duration,
    /// How long a worker that has calls may say nothing.
    pub silence_bound: Duration,
    /// The longest wait between two looks into storage.
    pub poll: Duration,
    /// When a call is run again, unless its job says it.
    pub retry: RetryPolicy,
    /// Limit of one attempt at a call, unless its job says it.
    pub timeout: TimeLimit,
    /// How often a job that may have objects in the storage writes a sign of life there, from the time
    /// on when it is as old; see [`Cleaning::older_than`](super::Cleaning::older_than).
    pub sign_of_life: Duration,
}

impl Default for EngineSettings {
    /// 30 s to start, 30 s of silence, a look each second, a sign of life every 5 minutes; for jobs
    /// the usual terms.
    fn default() -> Self {
        Self {
            start_bound: Duration::from_secs(30),
            silence_bound: Duration::from_secs(30),
            poll: Duration::from_secs(1),
            retry: RetryPolicy::default(),
            timeout: TimeLimit::default(),
            sign_of_life: Duration::from_secs(300),
        }
    }
}

/// The executor over a compute backend and a storage: every backend runs under this one.
///
/// Cheap to clone; clones are the same executor. When the last clone and the last handle of its jobs
/// are gone, its workers end.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    name: String,
    pub(super) around: Surroundings,
    /// What dispatches through storage are sealed with.
    key: DispatchKey,
    /// Whether workers reach the storage wherever it is.
    pub(super) lent: bool,
    observer: Option<Arc<dyn JobObserver>>,
    pub(super) commands: Option<mpsc::UnboundedSender<Command>>,
    jobs: Mutex<BTreeMap<JobId, Route>>,
    /// Whether a task gives signs of life; changed under the lock of the jobs.
    tells: AtomicBool,
    next: AtomicU32,
    pending: Pending,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("name", &self.name)
            .field("around", &self.around)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An executor over `backend` and `storage`; starts nothing until the first job. Only this process
    /// can take up its jobs.
    pub fn new(
        backend: Arc<dyn ComputeBackend>,
        storage: Arc<dyn StorageBackend>,
        settings: EngineSettings,
        observer: Option<Arc<dyn JobObserver>>,
    ) -> Self {
        let key = DispatchKey::of_process();
        Self::with_key(backend, storage, settings, observer, key)
    }

    /// As [`new`](Self::new), with a key that other processes know too, so that they can take up its
    /// jobs.
    pub fn with_key(
        backend: Arc<dyn ComputeBackend>,
        storage: Arc<dyn StorageBackend>,
        settings: EngineSettings,
        observer: Option<Arc<dyn JobObserver>>,
        key: DispatchKey,
    ) -> Self {
        let name = mark::name();
        let lent = backend.lend(&storage);
        let bounds = Bounds { start: settings.start_bound, silence: settings.silence_bound };
        let commands = backend.link().map(|_| link::start(Arc::clone(&backend), bounds));
        let inner = Arc::new(Inner {
            around: Surroundings {
                backend,
                storage,
                settings,
                writer: name.clone(),
                waves: Arc::default(),
            },
            name,
            key,
            lent,
            observer,
            commands,
            jobs: Mutex::default(),
            tells: AtomicBool::new(false),
            next: AtomicU32::new(0),
            pending: Pending::new(),
        });
        super::interrupt::remember(Arc::downgrade(&inner));
        Self { inner }
    }

    pub(super) fn around(&self) -> &Surroundings {
        &self.inner.around
    }

    /// Whether workers reach the storage wherever it is.
    pub(super) fn reaches_storage(&self) -> bool {
        self.inner.lent
    }

    /// What dispatches through storage are sealed with.
    pub(super) fn key(&self) -> Result<&SealKey, KeyError> {
        self.inner.key.get()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let (backend, closing) = (Arc::clone(&self.around.backend), self.pending.begin());
        super::runtime().spawn(async move {
            backend.shutdown().await;
            drop(closing);
        });
    }
}

impl Inner {
    /// What a job's driver runs with.
    fn surroundings(&self) -> Surroundings {
        Surroundings { waves: Arc::default(), ..self.around.clone() }
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<JobId, Route>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The jobs of this age that may have objects in the storage; `None` if no job of any age has, and
    /// nobody needs to ask until the next.
    pub(super) fn to_tell_of(&self, age: Duration) -> Option<Vec<JobId>> {
        let jobs = self.jobs();
        let with_objects = || jobs.iter().filter(|(_, route)| route.leaves_objects);
        if with_objects().next().is_none() {
            self.tells.store(false, Ordering::Relaxed);
            return None;
        }
        let old = with_objects().filter(|(_, route)| route.since.elapsed() >= age);
        Some(old.map(|(job, _)| job.clone()).collect())
    }

    /// Whether the job has not been released yet.
    pub(super) fn holds(&self, job: &JobId) -> bool {
        self.jobs().contains_key(job)
    }

    /// The storage, and what keeps a shutdown waiting until it is dropped.
    pub(super) fn begin_writing(&self) -> (Arc<dyn StorageBackend>, CleanUp) {
        (Arc::clone(&self.around.storage), self.pending.begin())
    }

    /// Stops everything, and waits for it.
    pub(super) async fn stop(&self) {
        if let Some(commands) = &self.commands {
            let (done, wait) = oneshot::channel();
            if commands.send(Command::Shutdown { done }).is_ok() {
                // An error means that the dispatcher has ended already.
                wait.await.ok();
            }
        }
        let jobs = std::mem::take(&mut *self.jobs());
        for (job, route) in jobs {
            clean_up(&self.around.storage, &job, route).await;
        }
        self.pending.wait().await;
        self.around.backend.shutdown().await;
    }
}

#[async_trait]
impl Executor for Engine {
    fn capability(&self) -> Capability {
        self.inner.around.backend.capability()
    }

    fn job_options(&self) -> JobOptions {
        let EngineSettings { retry, timeout, .. } = self.inner.around.settings;
        JobOptions { retry, timeout, ..JobOptions::default() }
    }

    fn submit(&self, plan: PlannedJob) -> Result<SubmittedJob, Error> {
        let timeout = self.inner.check(&plan)?;
        let ticket = self.inner.next.fetch_add(1, Ordering::Relaxed);
        let id = JobId::new(&self.inner.name, ticket);
        let timeout_ms =
            |limit: Duration| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX).max(1);
        let head = JobHead {
            job: id.clone(),
            ticket,
            calls: plan.inputs.len(),
            function: plan.function.clone(),
            result_type: plan.result_type.to_owned(),
            build: build_id().to_vec(),
            timeout_ms: timeout.map(timeout_ms),
            retry: (
                plan.options.retry.worker_deaths,
                plan.options.retry.retries,
                u64::try_from(plan.options.retry.backoff.as_millis()).unwrap_or(u64::MAX),
            ),
            memory: plan.options.memory,
            store_above: plan.options.store_above,
            storage: self.inner.around.storage.location(),
            shared: plan.shared.clone(),
        };
        tracing::info!(job = %id, function = %head.function.path, calls = head.calls, "job submitted");
        let (events, listener) = mpsc::unbounded_channel();
        let (calls, result_type) = (head.calls, head.result_type.clone());
        let function = head.function.path.clone();
        let through_storage = self.inner.goes_through_storage(&plan);
        let estimate = self.inner.estimate(&plan);
        let leaves_objects =
            through_storage || plan.options.store_above.is_some() || plan.options.writes_objects;
        let job = RunningJob::new(head, plan, events);
        let driver = if through_storage {
            let (orders, inbox) = mpsc::unbounded_channel();
            let (around, key) = (self.inner.surroundings(), self.inner.key.get()?.clone());
            let waves = Arc::clone(&around.waves);
            super::runtime().spawn(storage::drive(job, around, key, inbox));
            Some(Drive { orders, waves })
        } else {
            let commands = self.inner.commands.as_ref().ok_or(Error::Closed)?;
            let job = Box::new(job);
            commands
                .send(Command::Submit { job, nested: is_inside_call() })
                .map_err(|_| Error::Closed)?;
            None
        };
        self.hold(&id, ticket, driver, leaves_objects);
        let in_storage = through_storage;
        let events = listener;
        Ok(SubmittedJob { id, function, calls, result_type, in_storage, estimate, events })
    }

    async fn take_up(&self, wanted: &TakeUp) -> Result<SubmittedJob, Error> {
        self.let_go(&wanted.job).await?;
        let (events, listener) = mpsc::unbounded_channel();
        let (orders, inbox) = mpsc::unbounded_channel();
        let (around, key) = (self.inner.surroundings(), self.inner.key.get()?.clone());
        let waves = Arc::clone(&around.waves);
        let head = storage::take_up(wanted, around, key, events, inbox).await?;
        let id = wanted.job.clone();
        self.hold(&id, head.ticket, Some(Drive { orders, waves }), true);
        let (calls, result_type, function) = (head.calls, head.result_type, head.function.path);
        let (in_storage, estimate) = (true, None);
        let events = listener;
        Ok(SubmittedJob { id, function, calls, result_type, in_storage, estimate, events })
    }

    fn supply(&self, job: &JobId, inputs: Supply) {
        match self.inner.jobs().get(job) {
            // A job that has ended needs no arguments.
            Some(Route { driver: Some(driver), .. }) => driver.send(Order::Supply(inputs)),
            Some(Route { ticket, .. }) => self.command(Command::Supply { ticket: *ticket, inputs }),
            None => {}
        }
    }

    fn cancel(&self, job: &JobId) {
        match self.inner.jobs().get(job) {
            Some(Route { driver: Some(driver), .. }) => driver.send(Order::Cancel),
            Some(Route { ticket, .. }) => self.command(Command::Cancel { ticket: *ticket }),
            None => {}
        }
    }

    fn release(&self, job: &JobId) {
        // Counted before it leaves the map: whoever waits for clean-ups sees it in one or the other.
        let pending = self.inner.pending.begin();
        let Some(route) = self.inner.jobs().remove(job) else { return };
        let ended = match &route.driver {
            Some(driver) => {
                driver.send(Order::Cancel);
                None
            }
            None => {
                let (ended, wait) = oneshot::channel();
                self.command(Command::Release { ticket: route.ticket, ended });
                Some(wait)
            }
        };
        if route.leaves_objects {
            let (storage, job) = (Arc::clone(&self.inner.around.storage), job.clone());
            super::runtime().spawn(async move {
                if let Some(ended) = ended {
                    // Either error says no more than that nobody will tell: then it is time too.
                    tokio::time::timeout(LAST_WRITES, ended).await.ok();
                }
                clean_up(&storage, &job, route).await;
                drop(pending);
            });
        }
    }

    fn keep(&self, job: &JobId) {
        if let Some(route) = self.inner.jobs().get_mut(job) {
            route.leaves_objects = false;
        }
    }

    async fn shutdown(&self) {
        self.inner.stop().await;
    }

    fn storage(&self) -> Arc<dyn StorageBackend> {
        Arc::clone(&self.inner.around.storage)
    }

    fn lend(&self, object: &StoredObject) -> bool {
        self.inner.around.backend.lend_object(object)
    }

    fn observer(&self) -> Option<Arc<dyn JobObserver>> {
        self.inner.observer.clone()
    }

    fn handle(&self) -> Arc<dyn Executor> {
        Arc::new(self.clone())
    }
}

impl Engine {
    /// Remembers how a job is reached, until it is released.
    fn hold(&self, job: &JobId, ticket: u32, driver: Option<Drive>, leaves_objects: bool) {
        let route = Route { ticket, driver, leaves_objects, since: Instant::now() };
        let mut jobs = self.inner.jobs();
        jobs.insert(job.clone(), route);
        if leaves_objects && !self.inner.tells.swap(true, Ordering::Relaxed) {
            let period = self.inner.around.settings.sign_of_life;
            super::runtime().spawn(alive::tell(Arc::downgrade(&self.inner), period));
        }
    }

    /// Ends the driver of a job that this executor has saved, and leaves its workers; refuses a job that
    /// it has not.
    async fn let_go(&self, job: &JobId) -> Result<(), Error> {
        let saved = {
            let mut jobs = self.inner.jobs();
            if jobs.get(job).is_some_and(|route| route.leaves_objects) {
                let reason = "this executor runs it: its handle has the results".to_owned();
                return Err(Error::Attach { job: job.to_string(), reason });
            }
            jobs.remove(job)
        };
        if let Some(driver) = saved.and_then(|route| route.driver) {
            driver.send(Order::HandOver);
            driver.orders.closed().await;
        }
        Ok(())
    }

    fn command(&self, command: Command) {
        if let Some(commands) = &self.inner.commands {
            // The dispatcher has ended: so have its jobs.
            commands.send(command).ok();
        }
    }
}
