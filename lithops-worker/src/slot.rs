//! Runs calls, one at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use lithops_core::data::{get_referenced, put_referenced};
use lithops_core::function::Arguments;
use lithops_core::ports::Running;
use lithops_core::wire::{
    CallError, CallInput, Input, JobHead, Payload, Report, Spent, Timing, ValueSink, keys,
};

use crate::job::WorkerJob;
use crate::meter::Meter;
use crate::outbox::Outbox;
use crate::output::OutputCapture;
use crate::page::Status;
use crate::queue::{Item, Queue};
use crate::runtime::{Futures, handle};
use crate::supervisor::Limits;

/// Runs calls, one at a time, on the thread that owns it.
#[derive(Debug)]
pub struct Slot {
    /// By ticket; a worker has few at once.
    jobs: Vec<(u32, WorkerJob)>,
    sink: ValueSink,
    status: Arc<Status>,
    limits: Arc<Limits>,
    output: Option<OutputCapture>,
    meter: Meter,
    cancelled: Arc<AtomicBool>,
    epoch: (Instant, u64),
}

impl Slot {
    /// A slot that notes in `status` what it runs; `cancelled` is what its calls are told of.
    pub fn new(status: Arc<Status>, limits: Arc<Limits>, cancelled: Arc<AtomicBool>) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            jobs: Vec::new(),
            sink: ValueSink::new(),
            status,
            limits,
            output: None,
            meter: Meter::of_thread(),
            cancelled,
            epoch: (Instant::now(), now.as_nanos() as u64),
        }
    }

    /// Keeps what calls write to the process's standard streams, which must be files of its own: the
    /// process is the slot's alone, and its memory and time are the call's.
    pub(crate) fn capture(mut self, output: OutputCapture) -> Self {
        self.output = Some(output);
        self.meter = Meter::of_process();
        self
    }

    /// Does what the queue says until it is closed, and puts reports into the outbox.
    pub fn work(&mut self, queue: &Queue, outbox: &Outbox) {
        // A call begins when the one before it ends: the clock is read once a call.
        let mut now = Instant::now();
        self.meter.begin();
        loop {
            let next = queue.try_pop().or_else(|| {
                outbox.flush();
                let next = queue.pop();
                now = Instant::now();
                self.meter.begin();
                next
            });
            match next {
                Some(Item::Job(head)) => self.learn(*head),
                Some(Item::Call(ticket, call)) => {
                    let (report, ended) = self.run(ticket, call, now);
                    now = ended;
                    if self.cancelled.load(Ordering::Relaxed) {
                        return;
                    }
                    outbox.push(ticket, report, now);
                }
                Some(Item::Forget(ticket)) => {
                    self.jobs.retain(|(of, _)| *of != ticket);
                }
                None => return,
            }
        }
    }

    /// Does what the queue says until it is empty.
    pub(crate) fn drain(&mut self, queue: &Queue, outbox: &Outbox) {
        self.meter.begin();
        while let Some(item) = queue.try_pop() {
            if self.cancelled.load(Ordering::Relaxed) {
                return;
            }
            match item {
                Item::Job(head) => self.learn(*head),
                Item::Call(ticket, call) => {
                    let (report, ended) = self.run(ticket, call, Instant::now());
                    if self.cancelled.load(Ordering::Relaxed) {
                        // Nobody waits for it, and what the job made may have been removed.
                        return;
                    }
                    outbox.push(ticket, report, ended);
                }
                Item::Forget(_) => {}
            }
        }
    }

    /// Makes ready for calls of a job.
    pub(crate) fn learn(&mut self, head: JobHead) {
        let ticket = head.ticket;
        let job = WorkerJob::new(head, &self.cancelled);
        self.limits.set(job.timeout_ms, job.memory);
        self.jobs.retain(|(of, _)| *of != ticket);
        self.jobs.push((ticket, job));
    }

    /// Runs one call, from `started` on; gives when it ended.
    pub(crate) fn run(
        &mut self,
        ticket: u32,
        call: CallInput,
        started: Instant,
    ) -> (Report, Instant) {
        let (index, attempt) = (call.index, call.attempt);
        let since = started.duration_since(self.epoch.0).as_nanos() as u64;
        let started_ns = self.epoch.1 + since;
        let stderr_start = self.output.as_ref().map_or(0, OutputCapture::stderr_end);
        self.status.begin(Running { ticket, index, attempt }, started_ns / 1_000_000, stderr_start);
        if let Some(job) = job(&self.jobs, ticket) {
            self.limits.set(job.timeout_ms, job.memory);
        }
        let argument_bytes = match &call.input {
            Input::One(payload) => payload.len(),
            Input::Many(payloads) => payloads.iter().map(Payload::len).sum(),
        };
        let result = self.call(ticket, call, started);
        self.status.end();
        let (outcome, returned_err) = match result {
            Ok((payload, returned_err)) => (Ok(payload), returned_err),
            Err(cause) => (Err(cause), false),
        };
        let logs = self.output.as_mut().and_then(OutputCapture::take);
        let ended = Instant::now();
        let busy = ended.duration_since(started);
        let timing = Timing { started_ns, busy_ns: busy.as_nanos() as u64 };
        let (cpu_ns, peak_bytes) = self.meter.end(busy);
        let spent = Spent { cpu_ns, peak_bytes, argument_bytes };
        (Report { index, attempt, outcome, returned_err, timing, spent, logs }, ended)
    }

    fn call(
        &mut self,
        ticket: u32,
        call: CallInput,
        started: Instant,
    ) -> Result<(Payload, bool), CallError> {
        let job = job(&self.jobs, ticket).ok_or_else(|| CallError::WorkerLost {
            reason: "the worker was sent a call of a job that it doesn't know".to_owned(),
        })?;
        job.check()?;
        let (index, attempt) = (call.index, call.attempt);
        let arguments = match call.input {
            Input::One(payload) => Arguments::One(fetch(payload, job)?),
            Input::Many(payloads) => {
                let fetched = payloads.into_iter().map(|payload| fetch(payload, job));
                Arguments::Many(fetched.collect::<Result<_, _>>()?)
            }
        };
        let (value, returned_err) =
            job.call((index, attempt), arguments, started, &mut self.sink, &Futures)?;
        Ok((store(value, job, index, attempt)?, returned_err))
    }
}

fn job(jobs: &[(u32, WorkerJob)], ticket: u32) -> Option<&WorkerJob> {
    // Those before the newest are mostly over.
    jobs.iter().rfind(|(of, _)| *of == ticket).map(|(_, job)| job)
}

/// Reads an argument, from storage if it is there.
fn fetch(payload: Payload, job: &WorkerJob) -> Result<Bytes, CallError> {
    let object = match payload {
        Payload::Inline(bytes) => return Ok(bytes),
        Payload::Stored(object) => object,
    };
    let storage = job.context.storage().ok_or_else(out_of_reach)?;
    handle().block_on(get_referenced(storage.as_ref(), &object))
}

/// Puts a large result aside, and gives the reference.
fn store(value: Bytes, job: &WorkerJob, index: u32, attempt: u32) -> Result<Payload, CallError> {
    if job.store_above.is_none_or(|limit| value.len() as u64 <= limit) {
        return Ok(Payload::Inline(value));
    }
    let storage = job.context.storage().ok_or_else(out_of_reach)?;
    let key = keys::value(&job.id, index, attempt);
    let stored = handle().block_on(put_referenced(storage.as_ref(), key, value));
    stored.map(|object| Payload::Stored(Box::new(object))).map_err(|error| storage_error(&error))
}

fn storage_error(error: &lithops_core::ports::StorageError) -> CallError {
    CallError::Storage { reason: error.to_string(), retryable: error.is_retryable() }
}

fn out_of_reach() -> CallError {
    CallError::Storage { reason: "the job's storage can't be opened here".into(), retryable: false }
}
