//! A job as its futures share it: it runs for as long as one of them is there.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, OnceLock};
use std::task::{Context, Waker};

use bytes::Bytes;

use super::facts::{JobFacts, Watch};
use super::progress::{JobSummary, Progress};
use super::table::{Extra, Settlement, Slot, Table};
use crate::data::get_referenced;
use crate::ports::{
    Executor, JobEvent, JobWatch, StorageBackend, StorageRequests, SubmittedJob, Usage,
};
use crate::shuffle::ShuffleSummary;
use crate::wire::{CallError, Input, JobId, JobRecord, Payload};

/// A job as its futures share it: it runs for as long as one of them is there.
pub(crate) struct JobState {
    facts: Arc<JobFacts>,
    executor: Arc<dyn Executor>,
    /// Set once another process is to take the job up.
    kept: AtomicBool,
    in_storage: bool,
    /// The type of its results, as the compiler of its client names it.
    result_type: String,
    /// Jobs whose results are this one's arguments: they must not be released before it ends.
    upstream: Vec<Arc<JobState>>,
    /// Whether nobody else holds those jobs, so that they end with this one.
    owns_upstream: bool,
    /// How the pairs fell that this job's calls take.
    shuffle: OnceLock<ShuffleSummary>,
}

impl std::fmt::Debug for JobState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobState").field("id", &self.facts.id).finish_non_exhaustive()
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
        let capability = executor.capability();
        let SubmittedJob { id, calls, result_type, in_storage, estimate, mut events, .. } =
            submitted;
        let reached = in_storage && !executor.storage().location().is_in_process();
        let durable = reached && upstream.is_empty();
        let facts = Arc::new(JobFacts::new(id, title, capability, estimate, calls, durable));
        let observer = executor.observer();
        let shuffle = OnceLock::new();
        let state = Self {
            facts,
            executor,
            kept: AtomicBool::new(false),
            in_storage,
            result_type,
            upstream,
            owns_upstream,
            shuffle,
        };
        let state = Arc::new(state);
        let watch: Arc<dyn JobWatch> =
            Arc::new(Watch { facts: Arc::clone(&state.facts), job: Arc::downgrade(&state) });
        if let Some(observer) = &observer {
            observer.job_started(Arc::clone(&watch));
        }
        // The task holds no strong reference while it waits, so that dropping all futures ends the
        // job.
        let weak = Arc::downgrade(&state);
        crate::run::runtime().spawn(async move {
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
                observer.job_ended(&watch, summary.as_ref());
            }
        });
        state
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.facts.table()
    }

    fn apply(&self, event: JobEvent) {
        let mut wake = Vec::new();
        {
            let mut table = self.table();
            match event {
                JobEvent::InFlight(calls) => table.in_flight = calls,
                JobEvent::Workers(workers) => table.workers = workers,
                JobEvent::Hedged(hedged) => table.hedged = hedged,
                JobEvent::Requests(requests) => table.requests = requests,
                JobEvent::Used(usage) => table.used = Some(usage),
                JobEvent::Settled(batch) => table.settle_all(batch, &mut wake),
            }
        }
        wake.into_iter().for_each(Waker::wake);
    }

    /// No event will come any more.
    fn close(&self) {
        let mut wake = Vec::new();
        self.table().close(&mut wake);
        wake.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn id(&self) -> &JobId {
        &self.facts.id
    }

    pub(crate) fn title(&self) -> &str {
        &self.facts.title
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
        self.executor.cancel(&self.facts.id);
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

    pub(crate) fn result_type(&self) -> &str {
        &self.result_type
    }

    /// Whether its arguments are results of other jobs.
    pub(crate) fn has_upstream(&self) -> bool {
        !self.upstream.is_empty()
    }

    /// Leaves the job to another process.
    pub(crate) fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
        self.executor.keep(&self.facts.id);
    }

    pub(crate) fn progress(&self) -> Progress {
        self.facts.progress()
    }

    pub(crate) fn record(&self) -> JobRecord {
        self.facts.record()
    }

    /// What the job has come to, stages before it included.
    pub(crate) fn summary(&self) -> JobSummary {
        let own = self.facts.summary();
        self.upstream.iter().map(|job| job.summary()).fold(own, |all, before| JobSummary {
            title: all.title,
            calls: all.calls + before.calls,
            succeeded: all.succeeded + before.succeeded,
            failed: all.failed + before.failed,
            repeated: all.repeated + before.repeated,
            workers: all.workers.max(before.workers),
            hedged: all.hedged + before.hedged,
            // Stages are submitted together, and this one ends last.
            wall: all.wall.max(before.wall),
            busy: all.busy + before.busy,
            result_bytes: all.result_bytes,
            requests: StorageRequests {
                client: all.requests.client + before.requests.client,
                workers: all.requests.workers + before.requests.workers,
            },
            estimate: sum(all.estimate, before.estimate),
            so_far: sum(all.so_far, before.so_far),
            used: sum(all.used, before.used),
        })
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
                cause => CallError::Upstream {
                    job: self.facts.id.to_string(),
                    index,
                    cause: Box::new(cause),
                },
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

impl Drop for JobState {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Relaxed) {
            self.executor.release(&self.facts.id);
        }
        // A task that watches would else sleep for ever.
        let watchers = std::mem::take(&mut self.table().watchers);
        watchers.into_iter().for_each(Waker::wake);
    }
}

/// Reads a value's bytes, from storage if they are there.
pub(crate) async fn fetch(
    payload: Payload,
    storage: &dyn StorageBackend,
) -> Result<Bytes, CallError> {
    match payload {
        Payload::Inline(bytes) => Ok(bytes),
        Payload::Stored(object) => get_referenced(storage, &object).await,
    }
}

/// The argument made of results of other calls.
pub(crate) fn gather(
    results: impl Iterator<Item = Result<Payload, CallError>>,
) -> Result<Input, CallError> {
    results.collect::<Result<Vec<_>, _>>().map(Input::Many)
}
