//! What is known of a job's calls: one table, filled by the job's events, read by futures.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::progress::{JobSummary, Progress};
use crate::ports::{
    Executor, FailedAttempt, JobEvent, JobEvents, JobWatch, Settled, StorageBackend,
    StorageRequests, SubmittedJob, Usage,
};
use crate::shuffle::ShuffleSummary;
use crate::wire::{CallError, Input, JobId, Logs, Payload, Timing};

/// What is known of a job's calls.
pub(crate) struct JobState {
    id: JobId,
    title: String,
    executor: Arc<dyn Executor>,
    table: Mutex<Table>,
    /// Set once another process is to take the job up.
    kept: AtomicBool,
    in_storage: bool,
    /// Jobs whose results are this one's arguments: they must not be released before it ends.
    upstream: Vec<Arc<JobState>>,
    /// Whether nobody else holds those jobs, so that they end with this one.
    owns_upstream: bool,
    /// How the pairs fell that this job's calls take.
    shuffle: OnceLock<ShuffleSummary>,
    estimate: Option<Usage>,
}

/// A call's entry: small, because there may be millions.
#[derive(Debug)]
pub(crate) enum Slot {
    Pending,
    Value(Payload, Entry),
    Failed(Box<CallError>, Entry),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) timing: Timing,
    pub(crate) worker: u32,
    pub(crate) attempt: u32,
    pub(crate) returned_err: bool,
}

/// What few calls have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra {
    pub(crate) earlier: Vec<FailedAttempt>,
    pub(crate) logs: Option<Box<Logs>>,
}

struct Table {
    slots: Vec<Slot>,
    extras: HashMap<u32, Extra>,
    /// Indices in the order in which they were settled.
    order: Vec<u32>,
    failed: u32,
    in_flight: u32,
    workers: u32,
    busy_ns: u64,
    result_bytes: u64,
    requests: StorageRequests,
    used: Option<Usage>,
    /// Whether no event will come any more.
    closed: bool,
    submitted: Instant,
    ended: Option<Instant>,
    /// Woken by every batch.
    watchers: Vec<Waker>,
    /// Woken by one call.
    waiting: HashMap<u32, Vec<Waker>>,
}

impl std::fmt::Debug for JobState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobState").field("id", &self.id).finish_non_exhaustive()
    }
}

impl JobState {
    /// Starts to follow a job.
    pub(crate) fn follow(
        submitted: SubmittedJob,
        title: String,
        executor: Arc<dyn Executor>,
        upstream: Vec<Arc<JobState>>,
        owns_upstream: bool,
    ) -> Arc<Self> {
        let slots = std::iter::repeat_with(|| Slot::Pending).take(submitted.calls as usize);
        let table = Table {
            slots: slots.collect(),
            extras: HashMap::new(),
            order: Vec::with_capacity(submitted.calls as usize),
            failed: 0,
            in_flight: 0,
            workers: 0,
            busy_ns: 0,
            result_bytes: 0,
            requests: StorageRequests::default(),
            used: None,
            closed: false,
            submitted: Instant::now(),
            ended: (submitted.calls == 0).then(Instant::now),
            watchers: Vec::new(),
            waiting: HashMap::new(),
        };
        let observer = executor.observer();
        let state = Arc::new(Self {
            id: submitted.id,
            title,
            executor,
            table: Mutex::new(table),
            kept: AtomicBool::new(false),
            in_storage: submitted.in_storage,
            upstream,
            owns_upstream,
            shuffle: OnceLock::new(),
            estimate: submitted.estimate,
        });
        let watched =
            Arc::new(Watch(Arc::downgrade(&state), state.id.clone(), state.title.clone()));
        if let Some(observer) = &observer {
            observer.job_started(watched);
        }
        // The task holds no strong reference while it waits, so that dropping all futures ends the
        // job.
        let (weak, id) = (Arc::downgrade(&state), state.id.clone());
        crate::run::runtime().spawn(async move {
            let mut events: JobEvents = submitted.events;
            let mut summary = None;
            while let Some(event) = events.recv().await {
                let Some(state) = weak.upgrade() else { break };
                state.apply(event);
                if state.is_settled() {
                    summary = Some(state.summary());
                }
            }
            if let Some(state) = weak.upgrade() {
                state.close();
                summary = Some(state.summary());
            }
            if let Some(observer) = observer {
                observer.job_ended(&id, summary.as_ref());
            }
        });
        state
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply(&self, event: JobEvent) {
        let mut wake = Vec::new();
        {
            let mut table = self.table();
            match event {
                JobEvent::InFlight(calls) => table.in_flight = calls,
                JobEvent::Workers(workers) => table.workers = workers,
                JobEvent::Requests(requests) => table.requests = requests,
                JobEvent::Used(usage) => table.used = Some(usage),
                JobEvent::Settled(batch) => {
                    for settled in batch {
                        table.settle(settled, &mut wake);
                    }
                    wake.append(&mut table.watchers);
                }
            }
        }
        wake.into_iter().for_each(Waker::wake);
    }

    /// No event will come any more: a call without an outcome has lost its executor.
    fn close(&self) {
        let mut wake = Vec::new();
        {
            let mut table = self.table();
            table.closed = true;
            for index in 0..table.slots.len() as u32 {
                if matches!(table.slots[index as usize], Slot::Pending) {
                    let cause =
                        CallError::JobFailed { reason: "its executor has ended".to_owned() };
                    table.settle(Settled::without_report(index, cause), &mut wake);
                }
            }
            wake.append(&mut table.watchers);
        }
        wake.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn id(&self) -> &JobId {
        &self.id
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn executor(&self) -> &Arc<dyn Executor> {
        &self.executor
    }

    pub(crate) fn storage(&self) -> Arc<dyn StorageBackend> {
        self.executor.storage()
    }

    pub(crate) fn len(&self) -> u32 {
        self.table().slots.len() as u32
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.table().ended.is_some()
    }

    pub(crate) fn cancel(&self) {
        self.executor.cancel(&self.id);
        if self.owns_upstream {
            self.upstream.iter().for_each(|job| job.cancel());
        }
    }

    pub(crate) fn note_shuffle(&self, summary: ShuffleSummary) {
        self.shuffle.get_or_init(|| summary);
    }

    pub(crate) fn shuffle(&self) -> Option<&ShuffleSummary> {
        self.shuffle.get()
    }

    /// Whether the job runs through storage.
    pub(crate) fn is_in_storage(&self) -> bool {
        self.in_storage
    }

    /// Whether its arguments are results of other jobs.
    pub(crate) fn has_upstream(&self) -> bool {
        !self.upstream.is_empty()
    }

    /// Leaves the job to another process.
    pub(crate) fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
        self.executor.keep(&self.id);
    }

    pub(crate) fn progress(&self) -> Progress {
        let table = self.table();
        Progress {
            total: table.slots.len(),
            done: table.order.len(),
            failed: table.failed as usize,
            running: table.in_flight as usize,
        }
    }

    /// What the job has come to, stages before it included.
    pub(crate) fn summary(&self) -> JobSummary {
        let own = self.own_summary();
        self.upstream.iter().map(|job| job.summary()).fold(own, |all, before| JobSummary {
            title: all.title,
            calls: all.calls + before.calls,
            succeeded: all.succeeded + before.succeeded,
            failed: all.failed + before.failed,
            repeated: all.repeated + before.repeated,
            workers: all.workers.max(before.workers),
            // Stages are submitted together, and this one ends last.
            wall: all.wall.max(before.wall),
            busy: all.busy + before.busy,
            result_bytes: all.result_bytes,
            requests: StorageRequests {
                client: all.requests.client + before.requests.client,
                workers: all.requests.workers + before.requests.workers,
            },
            estimate: sum(all.estimate, before.estimate),
            used: sum(all.used, before.used),
        })
    }

    fn own_summary(&self) -> JobSummary {
        let table = self.table();
        let repeated = table.extras.values().filter(|extra| !extra.earlier.is_empty()).count();
        JobSummary {
            title: self.title.clone(),
            calls: table.slots.len(),
            succeeded: table.order.len() - table.failed as usize,
            failed: table.failed as usize,
            repeated,
            workers: table.workers as usize,
            wall: table.ended.unwrap_or_else(Instant::now) - table.submitted,
            busy: Duration::from_nanos(table.busy_ns),
            result_bytes: table.result_bytes,
            requests: table.requests,
            estimate: self.estimate.clone(),
            used: table.used.clone(),
        }
    }

    /// Whether nothing more will come of the job.
    pub(crate) fn poll_closed(&self, context: &mut Context<'_>) -> bool {
        let mut table = self.table();
        let closed = table.closed;
        if !closed && !table.watchers.iter().any(|waker| waker.will_wake(context.waker())) {
            table.watchers.push(context.waker().clone());
        }
        closed
    }

    /// The outcome of a call as it came, once it is there; registers the waker if it isn't.
    pub(crate) fn poll_outcome(
        &self,
        index: u32,
        context: Option<&mut Context<'_>>,
    ) -> Option<Result<Payload, CallError>> {
        let mut table = self.table();
        match table.slots.get(index as usize) {
            Some(Slot::Value(payload, _)) => Some(Ok(payload.clone())),
            Some(Slot::Failed(cause, _)) => Some(Err(cause.as_ref().clone())),
            Some(Slot::Pending) => {
                if let Some(context) = context {
                    let wakers = table.waiting.entry(index).or_default();
                    if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                        wakers.push(context.waker().clone());
                    }
                }
                None
            }
            None => Some(Err(CallError::JobFailed { reason: "the job has no such call".into() })),
        }
    }

    /// Reads `look` of the counts; registers the waker for the next batch if it gives none.
    pub(crate) fn poll_watch<T>(
        &self,
        context: &mut Context<'_>,
        look: impl FnOnce(&Settlement<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut table = self.table();
        let seen = look(&table.view());
        if seen.is_none() && !table.watchers.iter().any(|waker| waker.will_wake(context.waker())) {
            table.watchers.push(context.waker().clone());
        }
        seen
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&Settlement<'_>) -> T) -> T {
        let table = self.table();
        look(&table.view())
    }

    /// The outcomes of all calls, moved out: for the last reader, who then holds large values alone
    /// and need not copy them.
    pub(crate) fn take_outcomes(&self) -> Vec<Result<Payload, CallError>> {
        let mut table = self.table();
        let empty = || Payload::Inline(Bytes::new());
        let slots = table.slots.iter_mut();
        let taken = slots.map(|slot| match slot {
            Slot::Value(payload, _) => Ok(std::mem::replace(payload, empty())),
            other => other.outcome(),
        });
        taken.collect()
    }

    pub(crate) fn extra(&self, index: u32) -> Extra {
        self.table().extras.get(&index).cloned().unwrap_or_default()
    }

    /// What a call that takes this call's result as its argument is given.
    pub(crate) fn as_input(&self, index: u32) -> Option<Result<Payload, CallError>> {
        self.poll_outcome(index, None).map(|outcome| {
            outcome.map_err(|cause| match cause {
                // The first cause is what the user needs, not the way it took.
                upstream @ CallError::Upstream { .. } => upstream,
                cause => {
                    CallError::Upstream { job: self.id.to_string(), index, cause: Box::new(cause) }
                }
            })
        })
    }
}

/// What two stages use together; what one of them does not tell is left out.
fn sum(one: Option<Usage>, other: Option<Usage>) -> Option<Usage> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}

/// The settled part of a table.
pub(crate) struct Settlement<'a> {
    pub(crate) slots: &'a [Slot],
    /// Indices in the order in which they were settled.
    pub(crate) order: &'a [u32],
    /// Whether any call failed.
    failed: bool,
}

impl Settlement<'_> {
    /// Calls that failed, with their causes.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (u32, CallError)> {
        let failed = self.failed;
        let settled = self.order.iter().filter(move |_| failed);
        settled.filter_map(|index| match &self.slots[*index as usize] {
            Slot::Failed(cause, _) => Some((*index, cause.as_ref().clone())),
            _ => None,
        })
    }
}

impl Slot {
    pub(crate) fn outcome(&self) -> Result<Payload, CallError> {
        match self {
            Self::Value(payload, _) => Ok(payload.clone()),
            Self::Failed(cause, _) => Err(cause.as_ref().clone()),
            Self::Pending => Err(CallError::JobFailed { reason: "it has not ended".to_owned() }),
        }
    }
}

impl Table {
    fn view(&self) -> Settlement<'_> {
        Settlement { slots: &self.slots, order: &self.order, failed: self.failed > 0 }
    }

    fn settle(&mut self, settled: Settled, wake: &mut Vec<Waker>) {
        let Settled { report, worker, earlier } = settled;
        let Some(slot) = self.slots.get_mut(report.index as usize) else { return };
        if !matches!(slot, Slot::Pending) {
            return;
        }
        let entry = Entry {
            timing: report.timing,
            worker,
            attempt: report.attempt,
            returned_err: report.returned_err,
        };
        self.busy_ns = self.busy_ns.saturating_add(report.timing.busy_ns);
        *slot = match report.outcome {
            Ok(payload) => {
                self.result_bytes += payload.len();
                Slot::Value(payload, entry)
            }
            Err(cause) => {
                self.failed += 1;
                Slot::Failed(Box::new(cause), entry)
            }
        };
        self.order.push(report.index);
        if !earlier.is_empty() || report.logs.is_some() {
            self.extras.insert(report.index, Extra { earlier, logs: report.logs });
        }
        if !self.waiting.is_empty()
            && let Some(mut wakers) = self.waiting.remove(&report.index)
        {
            wake.append(&mut wakers);
        }
        if self.order.len() == self.slots.len() {
            self.ended = Some(Instant::now());
            self.in_flight = 0;
        }
    }
}

impl Drop for JobState {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Relaxed) {
            self.executor.release(&self.id);
        }
        // A task that watches would else sleep for ever.
        let watchers = std::mem::take(&mut self.table().watchers);
        watchers.into_iter().for_each(Waker::wake);
    }
}

/// A view that doesn't keep the job alive.
struct Watch(std::sync::Weak<JobState>, JobId, String);

impl JobWatch for Watch {
    fn job(&self) -> &JobId {
        &self.1
    }

    fn title(&self) -> &str {
        &self.2
    }

    fn progress(&self) -> Progress {
        self.0.upgrade().map(|state| state.progress()).unwrap_or_default()
    }
}

/// Reads a value's bytes, from storage if they are there.
pub(crate) async fn fetch(
    payload: Payload,
    storage: &dyn StorageBackend,
) -> Result<Bytes, CallError> {
    match payload {
        Payload::Inline(bytes) => Ok(bytes),
        Payload::Stored(object) => {
            let range = object.offset..object.offset + object.len;
            storage.get_range(&object.key, range).await.map_err(|error| CallError::Storage {
                retryable: error.is_retryable(),
                reason: error.to_string(),
            })
        }
    }
}

/// The argument made of results of other calls.
pub(crate) fn gather(
    results: impl Iterator<Item = Result<Payload, CallError>>,
) -> Result<Input, CallError> {
    results.collect::<Result<Vec<_>, _>>().map(Input::Many)
}
