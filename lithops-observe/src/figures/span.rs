//! When a call ran, beside its job.

use lithops_core::wire::{CallRecord, JobRecord};

/// When a call ran: nanoseconds since its job was submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it began.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: u64,
}

impl Span {
    /// The span of the attempt that counts; `None` if no worker has run it.
    ///
    /// A worker on another machine tells its own clock's time: a call can't begin before its job, nor
    /// end after its outcome was there, so a clock that is off is put right by that much.
    pub fn of(record: &JobRecord, call: &CallRecord) -> Option<Self> {
        if call.started_ns == 0 {
            return None;
        }
        let settled = call.settled_ns.saturating_sub(record.submitted_ns);
        let latest = settled.saturating_sub(call.busy_ns);
        let start_ns = call.started_ns.saturating_sub(record.submitted_ns).min(latest);
        Some(Self { start_ns, end_ns: start_ns + call.busy_ns })
    }
}
