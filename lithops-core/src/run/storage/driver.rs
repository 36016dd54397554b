//! Runs one job through storage, from its first wave to its last outcome.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::collect::{Batch, Collector};
use super::deaths::End;
use super::hedge::Starts;
use super::pace::Pace;
use crate::plan::JobInputs;
use crate::ports::{
    ComputeBackend, ComputeError, JobEvent, StorageBackend, StorageRequests, Supply, WorkerStatus,
};
use crate::run::EngineSettings;
use crate::run::job::RunningJob;
use crate::wire::{CallError, Report, SealKey};

/// After so many failures of storage in a row the job is given up, if they have lasted for as long as
/// a worker may say nothing.
const FAILURES: u32 = 6;
/// For so long a platform may not answer, where no worker gives a sign of life either.
const UNANSWERED: Duration = Duration::from_secs(300);
/// For so long a platform may think about what a job has used.
const RECKONING: Duration = Duration::from_secs(10);

/// What a platform says of the workers of a job.
type Told = Result<Vec<WorkerStatus>, ComputeError>;

/// What a job runs with.
#[derive(Clone, Debug)]
pub(in crate::run) struct Surroundings {
    pub(in crate::run) backend: Arc<dyn ComputeBackend>,
    pub(in crate::run) storage: Arc<dyn StorageBackend>,
    pub(in crate::run) settings: EngineSettings,
    /// Name of the executor that writes the job's waves.
    pub(in crate::run) writer: String,
    /// How many waves of the job it knows of: those behind them are of a client that has taken the
    /// job up.
    pub(in crate::run) waves: Arc<AtomicU32>,
}

/// What the executor tells a driver.
#[derive(Debug)]
pub(in crate::run) enum Order {
    Supply(Supply),
    Cancel,
    /// Ends and leaves everything as it is, to another driver.
    HandOver,
}

/// Calls that were given to one worker.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) calls: Vec<(u32, u32)>,
    /// When it gave its last sign of life; `None` while the platform has not started it.
    pub(super) heard: Option<Instant>,
    /// Whether it is known to have begun.
    pub(super) started: bool,
    /// Whether it has written anything.
    pub(super) spoke: bool,
    /// When the call that it runs may have begun.
    pub(super) begun: Instant,
}

impl Share {
    /// Of a worker that was started now; if it is not on this machine it may begin much later.
    pub(super) fn new(calls: Vec<(u32, u32)>, here: bool, now: Instant) -> Self {
        Self { calls, heard: here.then_some(now), started: false, spoke: false, begun: now }
    }
}

pub(super) struct Driver {
    pub(super) job: RunningJob,
    pub(super) around: Surroundings,
    /// What its waves are sealed with.
    pub(super) key: SealKey,
    pub(super) collector: Collector,
    /// Calls to dispatch, by when.
    pub(super) due: BTreeMap<u32, Instant>,
    pub(super) wave: u32,
    pub(super) working: BTreeMap<(u32, u32), Share>,
    pub(super) awaited: HashSet<u32>,
    /// When the next wave may be started, after one that could not be.
    pub(super) not_before: Instant,
    /// Deaths that no call is to blame for since the last report.
    pub(super) deaths: u32,
    failures: u32,
    /// Since when storage has failed, and since when the platform has not answered.
    failing: Option<Instant>,
    unanswered: Option<Instant>,
    /// The question to the platform that is under way.
    asking: Option<JoinHandle<Told>>,
    pub(super) pace: Pace,
    pub(super) starts: Starts,
    pub(super) workers: u32,
    /// Requests to storage that dispatches have cost.
    pub(super) sent: u64,
    requests: StorageRequests,
    cancelled: bool,
    /// Who goes on with the job instead of this driver.
    pub(super) successor: Option<Successor>,
}

/// Who goes on with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Successor {
    /// Another client, which has workers of its own.
    Client,
    /// Another driver of this executor, with the same workers.
    Driver,
}

/// Runs a job to its end. `None` for `orders` that ended means that nobody holds the executor.
pub(in crate::run) async fn drive(
    job: RunningJob,
    around: Surroundings,
    key: SealKey,
    orders: mpsc::UnboundedReceiver<Order>,
) {
    Driver::new(job, around, key).run(orders).await;
}

impl Driver {
    pub(super) fn new(job: RunningJob, around: Surroundings, key: SealKey) -> Self {
        // Often enough for no worker to be taken for silent because its clock is wrong.
        let whole = around.settings.silence_bound / 3;
        let collector = Collector::new(Arc::clone(&around.storage), job.id(), whole);
        let now = Instant::now();
        let (due, awaited) = match &job.plan.inputs {
            JobInputs::Ready(inputs) => {
                ((0..inputs.len()).map(|i| (i, now)).collect(), HashSet::new())
            }
            JobInputs::Supplied(calls) => (BTreeMap::new(), (0..*calls).collect()),
        };
        let working = BTreeMap::new();
        let here = around.backend.capability().on_this_machine;
        let pace = Pace::new(around.settings.poll, here, now);
        Self {
            job,
            around,
            key,
            collector,
            due,
            wave: 0,
            working,
            awaited,
            not_before: now,
            deaths: 0,
            failures: 0,
            failing: None,
            unanswered: None,
            asking: None,
            pace,
            starts: Starts::default(),
            workers: 0,
            sent: 0,
            requests: StorageRequests::default(),
            cancelled: false,
            successor: None,
        }
    }

    pub(super) async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        while !self.job.flush() {
            self.launch(&mut orders).await;
            if self.job.flush() {
                break;
            }
            let now = Instant::now();
            let wait = self.pace.wait(now, self.working.values().map(|share| share.begun));
            let due = self.next_due();
            tokio::select! {
                order = orders.recv() => self.obey(order),
                told = told(&mut self.asking) => {
                    self.asking = None;
                    self.look(Some(told)).await;
                }
                () = tokio::time::sleep(wait), if !self.working.is_empty() => {
                    self.ask(Instant::now());
                    self.look(None).await;
                }
                () = tokio::time::sleep_until(due), if self.can_launch() => {}
            }
        }
        self.end().await;
    }

    /// Does what the executor says; `None` means that nobody holds it any more.
    pub(super) fn obey(&mut self, order: Option<Order>) {
        match order {
            Some(Order::Supply(inputs)) => self.supply(inputs),
            Some(Order::HandOver) => self.hand_over(Successor::Driver),
            Some(Order::Cancel) | None => {
                self.cancelled = true;
                self.job.fail(&CallError::Cancelled);
            }
        }
    }

    /// Leaves the job to another: nothing of it is this driver's any more.
    pub(super) fn hand_over(&mut self, to: Successor) {
        self.successor = Some(to);
        let reason = "another client has taken the job up".to_owned();
        self.job.fail(&CallError::JobFailed { reason });
    }

    /// Learns what the job has used, and stops what still runs.
    async fn end(&self) {
        if let Some(asking) = &self.asking {
            asking.abort();
        }
        let (backend, job) = (&self.around.backend, self.job.id());
        let on_this_machine = backend.capability().on_this_machine;
        match self.successor {
            Some(Successor::Driver) => return,
            // A platform far away does not know whose workers are whose.
            Some(Successor::Client) if !on_this_machine => return,
            Some(Successor::Client) | None => {}
        }
        if let Some(billing) = backend.capability().billing.filter(|_| !self.cancelled) {
            let asked = tokio::time::timeout(RECKONING, backend.instance_seconds(job)).await;
            match asked {
                Ok(Ok(Some(seconds))) => self.job.tell(JobEvent::Used(billing.usage(seconds))),
                Ok(Ok(None)) => {}
                Ok(Err(error)) => tracing::warn!(%job, %error, "what the job has used is unknown"),
                Err(late) => tracing::warn!(%job, %late, "what the job has used is unknown"),
            }
        }
        if let Err(error) = backend.cancel(job).await {
            tracing::warn!(%job, %error, "workers could not be stopped");
        }
    }

    pub(super) fn next_due(&self) -> Instant {
        let due = self.due.values().min().copied();
        due.unwrap_or_else(Instant::now).max(self.not_before)
    }

    fn supply(&mut self, inputs: Supply) {
        let now = Instant::now();
        for (index, input) in inputs {
            self.awaited.remove(&index);
            if self.job.supply(index, input) {
                self.due.insert(index, now);
            }
        }
    }

    /// Asks the platform about the workers, if it is time for that. Outcomes are looked for meanwhile:
    /// it may be far away.
    fn ask(&mut self, now: Instant) {
        if self.asking.is_none() && self.pace.asks(now) {
            let (backend, job) = (Arc::clone(&self.around.backend), self.job.id().clone());
            self.asking = Some(tokio::spawn(async move { backend.status(&job).await }));
        }
    }

    /// Collects outcomes, and then judges by what the platform has told.
    async fn look(&mut self, told: Option<Told>) {
        let now = Instant::now();
        // Told before the listing: what a worker wrote before it ended is seen by it.
        let statuses = match told {
            Some(Ok(statuses)) => {
                self.unanswered = None;
                Some(statuses)
            }
            Some(Err(error)) => {
                self.go_unanswered(&error, now);
                None
            }
            None => None,
        };
        // Nothing that a worker wrote is overlooked before it is taken for lost, whatever its clock.
        let whole = statuses.as_deref().is_some_and(|statuses| self.has_ended(statuses));
        match self.collector.collect(&mut self.pace, whole).await {
            Ok(batches) => {
                (self.failures, self.failing) = (0, None);
                self.take(batches);
            }
            Err(error) => return self.stumble(&error.to_string(), now),
        }
        if let Some(statuses) = statuses {
            self.judge(statuses);
        }
        self.listen(now);
        self.hedge(now);
        self.count_requests();
        self.job.flush();
        self.tell_in_flight();
    }

    /// Takes what workers have said, and only then what is said of their deaths.
    pub(super) fn take(&mut self, batches: Vec<Batch>) {
        if batches.is_empty() {
            return;
        }
        let now = Instant::now();
        self.pace.news(now);
        // Somebody lives: what the others die of is not the want of a platform or of storage.
        self.deaths = 0;
        let mut obituaries = Vec::new();
        for mut batch in batches {
            let place = (batch.wave, batch.worker);
            self.pass_over_what_was_never_given(&mut batch);
            if let Some(share) = self.working.get_mut(&place) {
                if !share.started {
                    share.started = true;
                    self.starts.begun(place.0, now);
                }
                share.heard = Some(now);
                share.spoke = true;
                if !batch.reports.is_empty() {
                    share.begun = now;
                }
            }
            self.requests.workers += u64::from(batch.requests);
            obituaries.extend(batch.ended.map(|ended| (place, ended)));
            for report in batch.reports {
                let index = report.index;
                self.pace.call(Duration::from_nanos(report.timing.busy_ns));
                match self.job.record(report, worker_number(place)) {
                    Some(wait) => drop(self.due.insert(index, now + wait)),
                    // A late word of an attempt that was given up settles a call that waits for
                    // another.
                    None if !self.job.ledger.is_open(index) => drop(self.due.remove(&index)),
                    None => {}
                }
            }
        }
        self.drop_done();
        let ends = obituaries.into_iter();
        self.bury_all(ends.map(|(place, (running, cause))| (place, End::told(running, cause))));
    }

    /// Leaves out reports of calls or attempts that no worker was given: a number that is made up must
    /// not make the true reports that follow look late.
    fn pass_over_what_was_never_given(&self, batch: &mut Batch) {
        let (wave, worker, reports) = (batch.wave, batch.worker, batch.reports.len());
        let of_a_wave = wave < self.wave;
        let given = |report: &Report| self.job.ledger.was_given(report.index, report.attempt);
        batch.reports.retain(|report| of_a_wave && given(report));
        let left_out = reports - batch.reports.len();
        if left_out > 0 {
            let job = self.job.id();
            tracing::warn!(%job, wave, worker, left_out, "a batch reports calls that nobody was given");
        }
    }

    fn count_requests(&mut self) {
        let sent = self.sent + self.collector.requests();
        let requests = StorageRequests { client: sent, ..self.requests };
        if requests != self.requests {
            self.requests = requests;
            self.job.tell(JobEvent::Requests(requests));
        }
    }

    /// Forgets workers whose calls are all settled.
    pub(super) fn drop_done(&mut self) {
        let (ledger, due) = (&self.job.ledger, &self.due);
        self.working.retain(|_, share| {
            share.calls.retain(|(index, _)| ledger.is_open(*index) && !due.contains_key(index));
            !share.calls.is_empty()
        });
    }

    /// Storage has failed, its own repetitions included; ends the job if that lasts.
    fn stumble(&mut self, reason: &str, now: Instant) {
        self.failures += 1;
        let since = *self.failing.get_or_insert(now);
        tracing::warn!(job = %self.job.id(), reason, failures = self.failures, "no outcomes can be read");
        let lasts = now.duration_since(since) >= self.around.settings.silence_bound;
        if self.failures >= FAILURES && lasts {
            let reason = format!("its storage can't be read for {:?}: {reason}", now - since);
            self.job.fail(&CallError::JobFailed { reason });
        }
    }

    /// The platform has not told what it was asked; ends the job if that lasts and no worker lives.
    fn go_unanswered(&mut self, error: &ComputeError, now: Instant) {
        let since = *self.unanswered.get_or_insert(now);
        tracing::warn!(job = %self.job.id(), %error, "the platform does not tell of the workers");
        let lives = |share: &Share| share.heard.is_some();
        let lasts = now.duration_since(since) >= UNANSWERED;
        if lasts && !self.working.values().any(lives) {
            let reason = format!(
                "no worker gives a sign of life, and the platform does not tell why: {error}"
            );
            self.job.fail(&CallError::JobFailed { reason });
        }
    }

    pub(super) fn tell_in_flight(&self) {
        let in_flight: usize = self.working.values().map(|share| share.calls.len()).sum();
        self.job.tell(JobEvent::InFlight(in_flight as u32));
    }
}

/// What the platform says, once it has been asked.
async fn told(asking: &mut Option<JoinHandle<Told>>) -> Told {
    let Some(asking) = asking else { return std::future::pending().await };
    match asking.await {
        Ok(told) => told,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only `end` aborts it, and nobody waits then.
            Err(_) => std::future::pending().await,
        },
    }
}

/// One number for a worker of a wave.
pub(super) fn worker_number((wave, worker): (u32, u32)) -> u32 {
    wave.wrapping_mul(100_000).wrapping_add(worker)
}
