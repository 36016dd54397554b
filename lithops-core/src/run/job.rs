//! A job while it runs.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::ledger::{Ledger, Verdict};
use crate::plan::{JobInputs, PlannedJob};
use crate::ports::{JobEvent, Settled, WorkerProfile};
use crate::wire::{CallError, Input, JobHead, JobId, Report};

/// A job while it runs: its terms, its arguments, its ledger, and who listens.
#[derive(Debug)]
pub(super) struct RunningJob {
    pub(super) head: Arc<JobHead>,
    pub(super) plan: PlannedJob,
    pub(super) profile: WorkerProfile,
    pub(super) ledger: Ledger,
    supplied: HashMap<u32, Input>,
    events: mpsc::UnboundedSender<JobEvent>,
    batch: Vec<Settled>,
}

impl RunningJob {
    pub(super) fn new(
        head: JobHead,
        plan: PlannedJob,
        events: mpsc::UnboundedSender<JobEvent>,
    ) -> Self {
        let profile = WorkerProfile {
            environment: plan.options.environment.clone(),
            memory: plan.options.memory,
        };
        let ledger = Ledger::new(plan.inputs.len(), plan.options.retry);
        let (supplied, batch) = (HashMap::new(), Vec::new());
        Self { head: Arc::new(head), plan, profile, ledger, supplied, events, batch }
    }

    pub(super) fn id(&self) -> &JobId {
        &self.head.job
    }

    /// The argument of a call, if it is here.
    pub(super) fn input(&self, index: u32) -> Option<Input> {
        match &self.plan.inputs {
            JobInputs::Ready(inputs) => Some(inputs.get(index)),
            JobInputs::Supplied(_) => self.supplied.get(&index).cloned(),
        }
    }

    /// Keeps an argument that has come; ends the call if there will never be one. Gives whether the
    /// call can run now.
    pub(super) fn supply(&mut self, index: u32, input: Result<Input, CallError>) -> bool {
        match input {
            Ok(input) => self.ledger.is_open(index) && self.supplied.insert(index, input).is_none(),
            Err(cause) => {
                self.batch.extend(self.ledger.settle(index, cause));
                false
            }
        }
    }

    /// Takes a report; gives the wait if the call is to run again.
    pub(super) fn record(&mut self, report: Report, worker: u32) -> Option<std::time::Duration> {
        let verdict = self.ledger.record(report, worker);
        self.decide(verdict)
    }

    /// Takes a failure that no report tells of; gives the wait if the call is to run again.
    pub(super) fn record_failure(
        &mut self,
        index: u32,
        attempt: u32,
        worker: u32,
        cause: CallError,
    ) -> Option<std::time::Duration> {
        tracing::debug!(job = %self.id(), call = index, attempt, cause = %cause, "attempt failed");
        let verdict = self.ledger.record_failure(index, attempt, worker, cause);
        self.decide(verdict)
    }

    fn decide(&mut self, verdict: Verdict) -> Option<std::time::Duration> {
        match verdict {
            Verdict::Settled(settled) => {
                if !self.supplied.is_empty() {
                    self.supplied.remove(&settled.report.index);
                }
                self.batch.push(settled);
                None
            }
            Verdict::Again(wait) => Some(wait),
            Verdict::Late => None,
        }
    }

    /// Ends every call that has no outcome.
    pub(super) fn fail(&mut self, cause: &CallError) {
        self.batch.extend(self.ledger.settle_open(cause));
    }

    /// Tells the listener.
    pub(super) fn tell(&self, event: JobEvent) {
        // Nobody listens any more if all futures are dropped: the job is released soon.
        self.events.send(event).ok();
    }

    /// Passes on what has been settled since the last call; gives whether the job is over.
    pub(super) fn flush(&mut self) -> bool {
        if !self.batch.is_empty() {
            let batch = std::mem::take(&mut self.batch);
            self.tell(JobEvent::Settled(batch));
        }
        self.ledger.open() == 0
    }
}
