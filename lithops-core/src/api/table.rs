//! A job's calls, each with its outcome once it has one.

use std::collections::HashMap;
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

use crate::ports::{FailedAttempt, Settled, StorageRequests, Usage};
use crate::wire::{CallError, Logs, Payload, Spent, Timing};

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
    pub(crate) spent: Spent,
    pub(crate) result_bytes: u64,
    /// When it was settled, after the job's submission.
    pub(crate) settled: Duration,
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

pub(super) struct Table {
    pub(super) slots: Vec<Slot>,
    pub(super) extras: HashMap<u32, Extra>,
    /// Indices in the order in which they were settled.
    pub(super) order: Vec<u32>,
    pub(super) failed: u32,
    /// Calls that were run more than once: counted here, because a progress bar asks often.
    pub(super) repeated: u32,
    pub(super) in_flight: u32,
    pub(super) workers: u32,
    pub(super) hedged: u32,
    pub(super) busy_ns: u64,
    pub(super) result_bytes: u64,
    pub(super) requests: StorageRequests,
    pub(super) used: Option<Usage>,
    /// Whether no event will come any more.
    pub(super) closed: bool,
    pub(super) submitted: Instant,
    pub(super) ended: Option<Instant>,
    /// Woken by every batch.
    pub(super) watchers: Vec<Waker>,
    /// Woken by one call.
    pub(super) waiting: HashMap<u32, Vec<Waker>>,
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
    /// A table of calls that have no outcome yet.
    pub(super) fn new(calls: u32) -> Self {
        let slots = std::iter::repeat_with(|| Slot::Pending).take(calls as usize);
        Self {
            slots: slots.collect(),
            extras: HashMap::new(),
            order: Vec::with_capacity(calls as usize),
            failed: 0,
            repeated: 0,
            in_flight: 0,
            workers: 0,
            hedged: 0,
            busy_ns: 0,
            result_bytes: 0,
            requests: StorageRequests::default(),
            used: None,
            closed: false,
            submitted: Instant::now(),
            ended: (calls == 0).then(Instant::now),
            watchers: Vec::new(),
            waiting: HashMap::new(),
        }
    }

    pub(super) fn view(&self) -> Settlement<'_> {
        Settlement { slots: &self.slots, order: &self.order, failed: self.failed > 0 }
    }

    /// Takes a batch of ends of calls; adds whom to wake, once the table is free.
    pub(super) fn settle_all(&mut self, batch: Vec<Settled>, wake: &mut Vec<Waker>) {
        let now = self.submitted.elapsed();
        batch.into_iter().for_each(|settled| self.settle(settled, now, wake));
        wake.append(&mut self.watchers);
    }

    /// No call will be settled any more: those that are not have lost their executor.
    pub(super) fn close(&mut self, wake: &mut Vec<Waker>) {
        self.closed = true;
        let pending = (0..).zip(&self.slots).filter(|(_, slot)| matches!(slot, Slot::Pending));
        let lost = pending.map(|(index, _)| {
            let reason = "its executor has ended".to_owned();
            Settled::without_report(index, CallError::JobFailed { reason })
        });
        let lost = lost.collect();
        self.settle_all(lost, wake);
    }

    fn settle(&mut self, settled: Settled, now: Duration, wake: &mut Vec<Waker>) {
        let Settled { report, worker, earlier } = settled;
        let Some(slot) = self.slots.get_mut(report.index as usize) else { return };
        if !matches!(slot, Slot::Pending) {
            return;
        }
        let result_bytes = report.outcome.as_ref().map_or(0, Payload::len);
        let entry = Entry {
            timing: report.timing,
            spent: report.spent,
            result_bytes,
            settled: now,
            worker,
            attempt: report.attempt,
            returned_err: report.returned_err,
        };
        self.busy_ns = self.busy_ns.saturating_add(report.timing.busy_ns);
        *slot = match report.outcome {
            Ok(payload) => {
                self.result_bytes += result_bytes;
                Slot::Value(payload, entry)
            }
            Err(cause) => {
                self.failed += 1;
                Slot::Failed(Box::new(cause), entry)
            }
        };
        self.order.push(report.index);
        self.repeated += u32::from(!earlier.is_empty());
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
