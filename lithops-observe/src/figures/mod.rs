//! What the records of calls come to: exact definitions, shared by every view.

mod concurrency;
mod failures;
mod histogram;
mod share;
mod span;
mod spread;

pub use concurrency::Concurrency;
pub use failures::{FailureGroup, failure_groups};
pub use histogram::{Bin, histogram};
pub use share::{WorkerShare, worker_shares};
pub use span::Span;
pub use spread::Spread;

use lithops_core::wire::JobRecord;

/// The headline figures of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Calls of the job.
    pub total: u32,
    /// Calls that have a value.
    pub succeeded: u32,
    /// Calls whose outcome is a failure.
    pub failed: u32,
    /// Calls that took more than one attempt.
    pub repeated: u32,
    /// From submission to the end, or to the last outcome while the job runs.
    pub wall_ns: u64,
    /// The sum of the calls' own times.
    pub busy_ns: u64,
    /// The sum of the processor time that the calls used.
    pub cpu_ns: u64,
    /// The most memory that any call was seen to use, where workers can tell.
    pub peak_bytes: Option<u64>,
    /// Bytes of all arguments.
    pub argument_bytes: u64,
    /// Bytes of all results.
    pub result_bytes: u64,
    /// How long calls took; `None` if none has run.
    pub durations: Option<Spread>,
    /// How many calls ran at once.
    pub concurrency: Concurrency,
}

impl Figures {
    /// Works them out: one sort of the calls.
    pub fn of(record: &JobRecord) -> Self {
        let calls = &record.calls;
        let failed = calls.iter().filter(|call| call.failure.is_some()).count() as u32;
        let repeated = calls.iter().filter(|call| call.attempts > 1).count() as u32;
        let ran = calls.iter().filter(|call| Span::of(record, call).is_some());
        Self {
            total: record.total,
            succeeded: calls.len() as u32 - failed,
            failed,
            repeated,
            wall_ns: wall_ns(record),
            busy_ns: calls.iter().map(|call| call.busy_ns).sum(),
            cpu_ns: calls.iter().map(|call| call.cpu_ns).sum(),
            peak_bytes: calls.iter().filter_map(|call| call.peak_bytes).max(),
            argument_bytes: calls.iter().map(|call| call.argument_bytes).sum(),
            result_bytes: calls.iter().map(|call| call.result_bytes).sum(),
            durations: Spread::of(ran.map(|call| call.busy_ns).collect()),
            concurrency: Concurrency::of(record),
        }
    }

    /// How many times longer the calls would have taken one after another.
    pub fn speed_up(&self) -> f64 {
        self.busy_ns as f64 / (self.wall_ns as f64).max(1.0)
    }
}

/// From submission to the end; to the last outcome while there is none.
pub fn wall_ns(record: &JobRecord) -> u64 {
    let last = record.calls.iter().map(|call| call.settled_ns).max();
    let end = record.ended_ns.or(last).unwrap_or(record.submitted_ns);
    end.saturating_sub(record.submitted_ns)
}

#[cfg(test)]
mod tests;
