//! Runs one job through storage, from its first wave to its last outcome.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::collect::Collector;
use super::upload::upload;
use crate::plan::{JobInputs, shares};
use crate::ports::{
    ComputeBackend, ComputeError, JobEvent, Launch, StorageBackend, StorageError, Supply,
    WorkerState, WorkerStatus,
};
use crate::run::EngineSettings;
use crate::run::job::RunningJob;
use crate::wire::{CallError, CallRange};

/// The shortest wait between two listings; doubles up to the configured one while nothing comes.
const SHORTEST_POLL: Duration = Duration::from_millis(5);
/// How often the platform is asked about workers.
const ASK: Duration = Duration::from_millis(500);
/// After so many failures of storage or platform in a row the job is given up.
const FAILURES: u32 = 6;
/// After so many workers in a row that died on no call or could not be started, none can be had.
const DEATHS: u32 = 4;

/// The place of calls that workers of another client have.
pub(super) const TAKEN_UP: (u32, u32) = (u32::MAX, 0);

/// What a job runs with.
#[derive(Clone, Debug)]
pub(in crate::run) struct Surroundings {
    pub(in crate::run) backend: Arc<dyn ComputeBackend>,
    pub(in crate::run) storage: Arc<dyn StorageBackend>,
    pub(in crate::run) settings: EngineSettings,
}

/// What the executor tells a driver.
#[derive(Debug)]
pub(in crate::run) enum Order {
    Supply(Supply),
    Cancel,
}

/// Calls that were given to one worker.
#[derive(Debug, Default)]
pub(super) struct Share {
    pub(super) calls: Vec<(u32, u32)>,
    pub(super) heard: Option<Instant>,
}

/// Why a wave was not started.
#[derive(Debug, thiserror::Error)]
enum NotStarted {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Platform(#[from] ComputeError),
}

impl NotStarted {
    /// Whether another try is in vain: storage has its own.
    fn is_final(&self) -> bool {
        match self {
            Self::Storage(_) => true,
            Self::Platform(error) => error.is_final(),
        }
    }
}

/// How a worker ended.
struct End {
    /// The call that it was running, where the platform can tell.
    running: Option<u32>,
    /// Whether it had begun and nobody saw which call it was running.
    unseen: bool,
    cause: CallError,
}

impl End {
    /// The end of a worker that was between two calls, or before the first, for all that is known.
    fn idle(reason: String) -> Self {
        Self { running: None, unseen: false, cause: CallError::WorkerLost { reason } }
    }
}

pub(super) struct Driver {
    pub(super) job: RunningJob,
    pub(super) around: Surroundings,
    pub(super) collector: Collector,
    /// Calls to dispatch, by when.
    pub(super) due: BTreeMap<u32, Instant>,
    pub(super) wave: u32,
    pub(super) working: BTreeMap<(u32, u32), Share>,
    pub(super) awaited: HashSet<u32>,
    /// When the next wave may be started, after one that could not be.
    not_before: Instant,
    /// Deaths that no call is to blame for since the last report.
    deaths: u32,
    failures: u32,
    asked: Instant,
    workers: u32,
}

/// Runs a job to its end. `None` for `orders` that ended means that nobody holds the executor.
pub(in crate::run) async fn drive(
    job: RunningJob,
    around: Surroundings,
    orders: mpsc::UnboundedReceiver<Order>,
) {
    Driver::new(job, around).run(orders).await;
}

impl Driver {
    pub(super) fn new(job: RunningJob, around: Surroundings) -> Self {
        let collector = Collector::new(Arc::clone(&around.storage), job.id());
        let now = Instant::now();
        let (due, awaited) = match &job.plan.inputs {
            JobInputs::Ready(inputs) => {
                ((0..inputs.len()).map(|i| (i, now)).collect(), HashSet::new())
            }
            JobInputs::Supplied(calls) => (BTreeMap::new(), (0..*calls).collect()),
        };
        let working = BTreeMap::new();
        Self {
            job,
            around,
            collector,
            due,
            wave: 0,
            working,
            awaited,
            not_before: now,
            deaths: 0,
            failures: 0,
            asked: now,
            workers: 0,
        }
    }

    pub(super) async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        let mut poll = SHORTEST_POLL;
        while !self.job.flush() {
            self.launch().await;
            if self.job.flush() {
                break;
            }
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Supply(inputs)) => self.supply(inputs),
                    Some(Order::Cancel) | None => self.job.fail(&CallError::Cancelled),
                },
                () = tokio::time::sleep(poll), if !self.working.is_empty() => {
                    let news = self.look().await;
                    poll = if news { SHORTEST_POLL } else { (poll * 2).min(self.around.settings.poll) };
                }
                () = tokio::time::sleep_until(self.next_due()), if self.can_launch() => {}
            }
        }
        if let Err(error) = self.around.backend.cancel(self.job.id()).await {
            tracing::warn!(job = %self.job.id(), %error, "workers could not be stopped");
        }
    }

    /// How many workers may be started beside those that work.
    fn room(&self) -> usize {
        let most = self.around.backend.capability().max_workers.max(1);
        most.saturating_sub(self.working.len())
    }

    /// Whether a wave may be started once a call is due.
    fn can_launch(&self) -> bool {
        self.awaited.is_empty() && !self.due.is_empty() && self.room() > 0
    }

    fn next_due(&self) -> Instant {
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

    /// Starts a wave with the calls that are due; one whose arguments come later waits for all.
    async fn launch(&mut self) {
        let now = Instant::now();
        let ripe = self.due.iter().filter(|(_, when)| **when <= now);
        let calls: Vec<u32> = ripe.map(|(index, _)| *index).collect();
        if !self.can_launch() || calls.is_empty() || now < self.not_before {
            return;
        }
        let dealt = self.deal(&calls);
        for (index, _) in dealt.iter().flatten() {
            self.due.remove(index);
        }
        let wave = self.wave;
        self.wave += 1;
        if let Err(error) = self.start(wave, &dealt).await {
            return self.put_back(&dealt, &error);
        }
        self.workers += dealt.len() as u32;
        self.job.tell(JobEvent::Workers(self.workers));
        let heard = Some(Instant::now());
        for (worker, calls) in (0..).zip(dealt) {
            self.working.insert((wave, worker), Share { calls, heard });
        }
        self.tell_in_flight();
    }

    /// Deals calls to workers: those that a worker died of get one each, if need be later.
    fn deal(&mut self, calls: &[u32]) -> Vec<Vec<(u32, u32)>> {
        let room = self.room();
        let (suspects, others): (Vec<u32>, Vec<u32>) =
            calls.iter().partition(|index| self.job.ledger.is_suspect(**index));
        // A job that was taken up has no chunks.
        let planned = !self.job.plan.chunks.is_empty();
        let all = others.len() as u32 == self.job.plan.inputs.len();
        let first = planned && self.workers == 0 && all;
        let chunks: Vec<CallRange> = if first {
            self.job.plan.chunks.clone()
        } else {
            others.iter().map(|index| CallRange { first: *index, count: 1 }).collect()
        };
        let dealt = if chunks.is_empty() { Vec::new() } else { shares(&chunks, room) };
        let mut dealt: Vec<Vec<(u32, u32)>> = dealt
            .into_iter()
            .map(|share| {
                let indices = share.iter().flat_map(|range| range.first..range.first + range.count);
                indices.map(|index| (index, self.job.ledger.begin(index))).collect()
            })
            .collect();
        let room = room - dealt.len();
        dealt.extend(
            suspects.iter().take(room).map(|index| vec![(*index, self.job.ledger.begin(*index))]),
        );
        dealt
    }

    async fn start(&self, wave: u32, dealt: &[Vec<(u32, u32)>]) -> Result<(), NotStarted> {
        let order = upload(&self.job, wave, dealt, &self.around).await?;
        let launch = Launch {
            job: self.job.id().clone(),
            workers: dealt.len() as u32,
            order,
            profile: self.job.profile.clone(),
        };
        self.around.backend.deploy().await?;
        Ok(self.around.backend.start(launch).await?)
    }

    /// Takes the calls of a wave that was not started back, to be dealt again after a pause.
    fn put_back(&mut self, dealt: &[Vec<(u32, u32)>], error: &NotStarted) {
        let reason = error.to_string();
        tracing::warn!(job = %self.job.id(), reason, "a wave could not be started");
        if error.is_final() {
            self.job.fail(&CallError::JobFailed { reason });
            return;
        }
        // Their attempts' numbers stay used: what a worker that was stopped while its neighbours
        // could not be started has written must not count as the next attempt's.
        let now = Instant::now();
        self.due.extend(dealt.iter().flatten().map(|(index, _)| (*index, now)));
        self.count_death(&CallError::WorkerLost { reason });
        self.not_before = now + self.job.plan.options.retry.wait(self.deaths);
    }

    /// Collects outcomes, and asks the platform from time to time; gives whether anything was new.
    async fn look(&mut self) -> bool {
        let now = Instant::now();
        let mut statuses = None;
        if now.duration_since(self.asked) >= ASK {
            self.asked = now;
            // Asked before the listing: what a worker wrote before it ended is seen by it.
            match self.around.backend.status(self.job.id()).await {
                Ok(found) => statuses = Some(found),
                Err(error) => self.stumble(&error.to_string()),
            }
        }
        let news = match self.collector.collect().await {
            Ok(batches) => {
                self.failures = 0;
                let news = !batches.is_empty();
                for batch in batches {
                    self.take(batch);
                }
                news
            }
            Err(error) => {
                self.stumble(&error.to_string());
                return false;
            }
        };
        if let Some(statuses) = statuses {
            self.judge(statuses);
        }
        self.listen(now);
        self.job.flush();
        self.tell_in_flight();
        news
    }

    pub(super) fn take(&mut self, batch: super::collect::Batch) {
        let worker = worker_number(batch.wave, batch.worker);
        // Of a job that was taken up nobody knows which worker has which calls: each sign of life
        // counts for all.
        for place in [(batch.wave, batch.worker), TAKEN_UP] {
            if let Some(share) = self.working.get_mut(&place) {
                share.heard = Some(Instant::now());
            }
        }
        for report in batch.reports {
            self.deaths = 0;
            let index = report.index;
            self.job.ledger.begun(index, report.attempt);
            if let Some(wait) = self.job.record(report, worker) {
                self.due.insert(index, Instant::now() + wait);
            }
        }
        self.drop_done();
    }

    /// Forgets workers whose calls are all settled.
    pub(super) fn drop_done(&mut self) {
        let (ledger, due) = (&self.job.ledger, &self.due);
        self.working.retain(|_, share| {
            share.calls.retain(|(index, _)| ledger.is_open(*index) && !due.contains_key(index));
            !share.calls.is_empty()
        });
    }

    /// Ends what workers that the platform reports as ended have left undone.
    fn judge(&mut self, statuses: Vec<WorkerStatus>) {
        for status in statuses {
            let place = (status.wave, status.worker);
            let end = match status.state {
                WorkerState::Pending | WorkerState::Running => continue,
                WorkerState::Succeeded => End::idle(
                    "the worker ended well, but this call's outcome is not in storage".into(),
                ),
                WorkerState::Failed { running, unseen, cause } => {
                    End { running: running.map(|r| r.index), unseen, cause }
                }
            };
            if let Some(share) = self.working.remove(&place) {
                self.bury(place, share, end);
            }
        }
    }

    /// Ends workers that have said nothing for too long.
    fn listen(&mut self, now: Instant) {
        let bound = self.around.settings.silence_bound;
        let silent: Vec<(u32, u32)> = self
            .working
            .iter()
            .filter(|(_, share)| share.heard.is_some_and(|heard| now.duration_since(heard) > bound))
            .map(|(place, _)| *place)
            .collect();
        for place in silent {
            if let Some(share) = self.working.remove(&place) {
                let reason = format!("it has said nothing for {bound:?}");
                self.bury(place, share, End::idle(reason));
            }
        }
    }

    /// The call that ran is to blame (the first without an outcome, if the platform can't tell); the
    /// others go elsewhere.
    fn bury(&mut self, place: (u32, u32), share: Share, end: End) {
        let End { running, unseen, cause } = end;
        let worker = worker_number(place.0, place.1);
        let open = |(index, _): &&(u32, u32)| self.job.ledger.is_open(*index);
        let blamed = running.or_else(|| share.calls.iter().find(open).map(|(index, _)| *index));
        if running.is_none() && !(unseen && blamed.is_some()) {
            self.count_death(&cause);
        }
        for (index, attempt) in share.calls {
            if !self.job.ledger.is_open(index) || self.due.contains_key(&index) {
                continue;
            }
            if Some(index) == blamed {
                if let Some(wait) = self.job.record_failure(index, attempt, worker, cause.clone()) {
                    self.due.insert(index, Instant::now() + wait);
                }
            } else {
                self.due.insert(index, Instant::now());
            }
        }
    }

    /// Counts a death that no call is to blame for, and ends the job after some in a row.
    fn count_death(&mut self, cause: &CallError) {
        self.deaths += 1;
        if self.deaths >= DEATHS {
            let reason =
                format!("{DEATHS} workers in a row ended before any call did; the last: {cause}");
            self.job.fail(&CallError::WorkerLost { reason });
        }
    }

    fn stumble(&mut self, reason: &str) {
        self.failures += 1;
        tracing::warn!(job = %self.job.id(), reason, failures = self.failures, "looking after a job failed");
        if self.failures >= FAILURES {
            self.job.fail(&CallError::JobFailed { reason: reason.to_owned() });
        }
    }

    fn tell_in_flight(&self) {
        let in_flight: usize = self.working.values().map(|share| share.calls.len()).sum();
        self.job.tell(JobEvent::InFlight(in_flight as u32));
    }
}

fn worker_number(wave: u32, worker: u32) -> u32 {
    wave.wrapping_mul(100_000).wrapping_add(worker)
}
