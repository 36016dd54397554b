//! One call on a simulated worker.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::Bytes;
use lithops_core::data::{get_referenced, put_referenced};
use lithops_core::function::Arguments;
use lithops_core::ports::StorageBackend;
use lithops_core::wire::{
    CallError, CallInput, Input, JobHead, JobId, Payload, Report, Spent, Timing, keys,
};
use lithops_worker::WorkerJob;

use super::fate::{Fate, Turn};
use crate::scene::{Scene, pass};
use crate::tally::{Made, Place};

/// A job on a simulated worker.
#[derive(Clone, Debug)]
pub(super) struct Job {
    id: JobId,
    work: Arc<WorkerJob>,
    timeout: Option<Duration>,
    store_above: Option<u64>,
}

impl Job {
    /// `store_above` is a bound on the results that come with their report.
    pub(super) fn new(head: JobHead, store_above: Option<u64>) -> Self {
        Self {
            id: head.job.clone(),
            timeout: head.timeout_ms.map(Duration::from_millis),
            store_above: match (head.store_above, store_above) {
                (Some(wanted), Some(most)) => Some(wanted.min(most)),
                (wanted, most) => wanted.or(most),
            },
            work: Arc::new(WorkerJob::new(head, &Arc::new(AtomicBool::new(false)))),
        }
    }
}

/// A worker at its calls.
#[derive(Debug)]
pub(super) struct Executor {
    pub(super) scene: Arc<Scene>,
    pub(super) storage: Arc<dyn StorageBackend>,
    pub(super) place: Place,
    pub(super) fate: Fate,
    /// How many calls it has begun.
    pub(super) begun: u32,
}

/// How an execution ended.
pub(super) enum Ended {
    Reported(Report),
    /// With a report, and the worker ends: the call was past its limit.
    Last(Report),
    /// The worker died in it.
    Died,
    /// The worker died after it, with the report unsaid.
    DiedAfter,
}

impl Executor {
    /// Runs a call, as long as it takes; may never return.
    pub(super) async fn run(&mut self, job: &Job, call: CallInput) -> Ended {
        let number = self.begun;
        self.begun += 1;
        let (index, attempt) = (call.index, call.attempt);
        let scene = Arc::clone(&self.scene);
        let execution = scene.tally(|tally| tally.begin(&job.id, index, attempt, &self.place));
        scene.note(format_args!("{} begins call {index}.{attempt}", self.place));
        let end = |made| scene.tally(|tally| tally.end(&job.id, index, execution, made));
        let started_ns = self.fate.now_ms() * 1_000_000;
        let report = |outcome, took: Duration, returned_err| {
            let timing = Timing { started_ns, busy_ns: took.as_nanos() as u64 };
            let spent = Spent { cpu_ns: timing.busy_ns, ..Spent::default() };
            Report { index, attempt, outcome, returned_err, timing, spent, logs: None }
        };
        let arguments = match self.fetch(call.input).await {
            Ok(arguments) => arguments,
            Err(error) => {
                let cause = self.unmoved(error);
                end(Made::Outcome(Err(cause.clone())));
                return Ended::Reported(report(Err(cause), Duration::ZERO, false));
            }
        };
        let done = scene.call(&job.work, (index, attempt), arguments);
        let takes = done.manner.takes.unwrap_or_else(|| scene.between(scene.faults.call));
        let takes = takes * self.fate.slowness;
        let limit = job.timeout.filter(|limit| takes > *limit);
        let takes = limit.unwrap_or(takes);
        match self.fate.turn {
            Turn::DiesIn(nth, part) if nth == number => {
                pass(takes.mul_f64(part)).await;
                scene.disturb(&self.place, format_args!("dies in call {index}.{attempt}"));
                return Ended::Died;
            }
            Turn::Stalls(nth, length) if nth == number => {
                scene.disturb(&self.place, format_args!("stands still for {length:?}"));
                match length {
                    Some(length) => pass(length).await,
                    None => std::future::pending().await,
                }
            }
            _ => {}
        }
        pass(takes).await;
        if let Some(limit) = limit {
            let cause = CallError::TimedOut { limit_ms: limit.as_millis() as u64 };
            end(Made::Outcome(Err(cause.clone())));
            return Ended::Last(report(Err(cause), takes, false));
        }
        if done.manner.dies {
            end(Made::Death);
            scene.note(format_args!("{} dies of call {index}.{attempt}", self.place));
            return Ended::Died;
        }
        let (outcome, returned_err) = match done.result {
            Ok((value, returned_err)) => {
                (self.store(value, job, index, attempt).await, returned_err)
            }
            Err(cause) => (Err(cause), false),
        };
        end(Made::Outcome(outcome.clone()));
        scene.note(format_args!("{} ends call {index}.{attempt}", self.place));
        if self.fate.turn == Turn::DiesAfter(number) {
            scene.disturb(&self.place, format_args!("dies after call {index}.{attempt}"));
            return Ended::DiedAfter;
        }
        Ended::Reported(report(outcome, takes, returned_err))
    }

    async fn fetch(&self, input: Input) -> Result<Arguments, CallError> {
        match input {
            Input::One(payload) => Ok(Arguments::One(self.fetch_one(payload).await?)),
            Input::Many(payloads) => {
                let mut all = Vec::with_capacity(payloads.len());
                for payload in payloads {
                    all.push(self.fetch_one(payload).await?);
                }
                Ok(Arguments::Many(all))
            }
        }
    }

    async fn fetch_one(&self, payload: Payload) -> Result<Bytes, CallError> {
        match payload {
            Payload::Inline(bytes) => Ok(bytes),
            Payload::Stored(object) => get_referenced(self.storage.as_ref(), &object).await,
        }
    }

    async fn store(
        &self,
        value: Bytes,
        job: &Job,
        index: u32,
        attempt: u32,
    ) -> Result<Payload, CallError> {
        if job.store_above.is_none_or(|limit| value.len() as u64 <= limit) {
            return Ok(Payload::Inline(value));
        }
        let key = keys::value(&job.id, index, attempt);
        match put_referenced(self.storage.as_ref(), key, value).await {
            Ok(object) => Ok(Payload::Stored(Box::new(object))),
            Err(error) => Err(self.unmoved(CallError::Storage {
                reason: error.to_string(),
                retryable: error.is_retryable(),
            })),
        }
    }

    fn unmoved(&self, cause: CallError) -> CallError {
        self.scene.disturb(&self.place, format_args!("can't move data: {cause}"));
        cause
    }
}
