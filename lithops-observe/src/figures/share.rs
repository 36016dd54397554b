//! What each worker did.

use std::collections::BTreeMap;

use super::Span;
use lithops_core::wire::JobRecord;

/// What a worker did for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerShare {
    /// The worker's number.
    pub worker: u32,
    /// Calls whose outcome is from it.
    pub calls: u32,
    /// How many of them failed.
    pub failed: u32,
    /// The sum of their times.
    pub busy_ns: u64,
    /// From the start of its first call to the end of its last.
    pub span_ns: u64,
}

impl WorkerShare {
    /// The part of that time in which it ran a call, from 0 to 1.
    pub fn utilisation(&self) -> f64 {
        if self.span_ns == 0 { 0.0 } else { (self.busy_ns as f64 / self.span_ns as f64).min(1.0) }
    }
}

/// What each worker did, by number; calls that no worker has run are left out.
pub fn worker_shares(record: &JobRecord) -> Vec<WorkerShare> {
    let mut shares: BTreeMap<u32, (WorkerShare, Span)> = BTreeMap::new();
    for call in &record.calls {
        let Some(span) = Span::of(record, call) else { continue };
        let worker = call.worker;
        let none = WorkerShare { worker, calls: 0, failed: 0, busy_ns: 0, span_ns: 0 };
        let (share, whole) = shares.entry(worker).or_insert((none, span));
        share.calls += 1;
        share.failed += u32::from(call.failure.is_some());
        share.busy_ns += call.busy_ns;
        whole.start_ns = whole.start_ns.min(span.start_ns);
        whole.end_ns = whole.end_ns.max(span.end_ns);
        share.span_ns = whole.end_ns - whole.start_ns;
    }
    shares.into_values().map(|(share, _)| share).collect()
}
