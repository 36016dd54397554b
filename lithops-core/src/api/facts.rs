//! What is known of a job, apart from the right to stop it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::job_state::JobState;
use super::progress::{JobSummary, Progress};
use super::table::{Slot, Table};
use crate::ports::{Billing, Capability, JobWatch, Usage};
use crate::wire::{CallFailure, CallRecord, Cost, JobId, JobRecord, Logs};

/// What is known of a job: it may outlive the job.
pub(super) struct JobFacts {
    pub(super) id: JobId,
    pub(super) title: String,
    pub(super) backend: &'static str,
    pub(super) submitted: SystemTime,
    pub(super) estimate: Option<Usage>,
    /// Whether another client can take the job up.
    pub(super) durable: bool,
    /// What an instance costs, and how many workers share one.
    billing: Option<(Billing, usize)>,
    table: Mutex<Table>,
}

impl JobFacts {
    /// What is known of a job that was submitted now.
    pub(super) fn new(
        id: JobId,
        title: String,
        capability: Capability,
        estimate: Option<Usage>,
        calls: u32,
        durable: bool,
    ) -> Self {
        let (submitted, table) = (crate::run::now(), Mutex::new(Table::new(calls)));
        let Capability { backend, slots, billing, .. } = capability;
        let billing = billing.map(|billing| (billing, slots.max(1)));
        Self { id, title, backend, submitted, estimate, durable, billing, table }
    }

    pub(super) fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn progress(&self) -> Progress {
        let table = self.table();
        Progress {
            total: table.slots.len(),
            done: table.order.len(),
            failed: table.failed as usize,
            running: table.in_flight as usize,
        }
    }

    /// What the job has come to, stages before it left out.
    pub(super) fn summary(&self) -> JobSummary {
        let table = self.table();
        JobSummary {
            title: self.title.clone(),
            calls: table.slots.len(),
            succeeded: table.order.len() - table.failed as usize,
            failed: table.failed as usize,
            repeated: table.repeated as usize,
            workers: table.workers as usize,
            hedged: table.hedged as usize,
            wall: table.ended.unwrap_or_else(Instant::now) - table.submitted,
            busy: Duration::from_nanos(table.busy_ns),
            result_bytes: table.result_bytes,
            requests: table.requests,
            estimate: self.estimate.clone(),
            so_far: self
                .billing
                .as_ref()
                .map(|(billing, slots)| billing.usage(table.busy_ns as f64 / 1e9 / *slots as f64)),
            used: table.used.clone(),
        }
    }

    pub(super) fn record(&self) -> JobRecord {
        let table = self.table();
        let since = |moment: Instant| self.unix_ns(moment - table.submitted);
        JobRecord {
            job: self.id.clone(),
            title: self.title.clone(),
            backend: self.backend.to_owned(),
            submitted_ns: self.unix_ns(Duration::ZERO),
            ended_ns: table.ended.map(since),
            total: table.slots.len() as u32,
            calls: table.order.iter().filter_map(|index| self.call(&table, *index)).collect(),
            durable: self.durable,
            workers: table.workers,
            client_requests: table.requests.client,
            worker_requests: table.requests.workers,
            estimate: self.estimate.as_ref().map(cost),
            used: table.used.as_ref().map(cost),
        }
    }

    fn settled_since(&self, seen: usize) -> Vec<(CallRecord, Option<Logs>)> {
        let table = self.table();
        let new = table.order.get(seen..).unwrap_or_default().iter();
        let told = new.filter_map(|index| {
            let logs = table.extras.get(index).and_then(|extra| extra.logs.as_deref().cloned());
            Some((self.call(&table, *index)?, logs))
        });
        told.collect()
    }

    fn call(&self, table: &Table, index: u32) -> Option<CallRecord> {
        let (entry, failure) = match table.slots.get(index as usize)? {
            Slot::Pending => return None,
            Slot::Value(_, entry) => (entry, None),
            Slot::Failed(cause, entry) => {
                let (kind, message) = (cause.kind().to_owned(), cause.to_string());
                (entry, Some(CallFailure { kind, message }))
            }
        };
        Some(CallRecord {
            index,
            worker: entry.worker,
            attempts: entry.attempt,
            started_ns: entry.timing.started_ns,
            busy_ns: entry.timing.busy_ns,
            settled_ns: self.unix_ns(entry.settled),
            cpu_ns: entry.spent.cpu_ns,
            peak_bytes: entry.spent.peak_bytes,
            argument_bytes: entry.spent.argument_bytes,
            result_bytes: entry.result_bytes,
            failure,
        })
    }

    /// A moment after the submission, in nanoseconds of the Unix epoch.
    fn unix_ns(&self, after: Duration) -> u64 {
        let moment = self.submitted + after;
        let since = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }
}

fn cost(usage: &Usage) -> Cost {
    Cost {
        vcpu_seconds: usage.vcpu_seconds,
        gb_seconds: usage.gb_seconds,
        price: usage.price,
        currency: usage.rates.currency.clone(),
    }
}

/// A view that knows all of a job and does not keep it running.
pub(super) struct Watch {
    pub(super) facts: Arc<JobFacts>,
    pub(super) job: Weak<JobState>,
}

impl JobWatch for Watch {
    fn job(&self) -> &JobId {
        &self.facts.id
    }

    fn title(&self) -> &str {
        &self.facts.title
    }

    fn backend(&self) -> &'static str {
        self.facts.backend
    }

    fn progress(&self) -> Progress {
        self.facts.progress()
    }

    fn summary(&self) -> JobSummary {
        self.facts.summary()
    }

    fn record(&self) -> JobRecord {
        self.facts.record()
    }

    fn settled_since(&self, seen: usize) -> Vec<(CallRecord, Option<Logs>)> {
        self.facts.settled_since(seen)
    }

    fn cancel(&self) {
        if let Some(job) = self.job.upgrade() {
            job.cancel();
        }
    }
}
