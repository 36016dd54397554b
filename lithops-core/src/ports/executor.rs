//! Who takes jobs: the port beneath the verbs.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{Capability, JobObserver, StorageBackend, Usage};
use crate::error::Error;
use crate::plan::{JobOptions, PlannedJob};
use crate::wire::{CallError, Input, JobId, Report, StoredObject};

/// Takes planned jobs and tells what becomes of them.
///
/// The verbs (`map`, `map_reduce`, …) stand in [`ExecutorExt`](crate::api::ExecutorExt), which every
/// executor has, decorators included.
#[async_trait]
pub trait Executor: Send + Sync {
    /// What the backend behind it can do.
    fn capability(&self) -> Capability;

    /// The terms of jobs that say no others.
    fn job_options(&self) -> JobOptions {
        JobOptions::default()
    }

    /// Takes a job and starts it; does not wait for anything.
    ///
    /// # Errors
    /// [`Error`] if the job asks for what this executor can't do. Nothing has begun then.
    fn submit(&self, job: PlannedJob) -> Result<SubmittedJob, Error>;

    /// Takes up a job that another process has submitted through storage.
    ///
    /// # Errors
    /// [`Error`] if the job isn't there, is of another type, or is another client's.
    async fn take_up(&self, wanted: &TakeUp) -> Result<SubmittedJob, Error>;

    /// Gives arguments to calls of a job that was submitted without them.
    fn supply(&self, job: &JobId, inputs: Supply);

    /// Stops a job: calls without an outcome end as [`CallError::Cancelled`].
    fn cancel(&self, job: &JobId);

    /// Says that nobody holds the job any more: stops it if it runs, and removes what it made.
    fn release(&self, job: &JobId);

    /// Leaves a job's objects where they are, for another process to take up.
    fn keep(&self, job: &JobId);

    /// Stops all jobs and workers and removes what they made, and waits for it.
    ///
    /// Jobs that are submitted later are refused.
    async fn shutdown(&self);

    /// The storage that jobs use.
    fn storage(&self) -> Arc<dyn StorageBackend>;

    /// Offers an object to workers that have no way to it, to be read; gives whether they reach it
    /// now. Those that have one need no offer, and the answer is no.
    fn lend(&self, object: &StoredObject) -> bool;

    /// Who is told of jobs.
    fn observer(&self) -> Option<Arc<dyn JobObserver>>;

    /// A handle that outlives the borrow.
    fn handle(&self) -> Arc<dyn Executor>;
}

/// A job that is to be taken up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeUp {
    /// The job.
    pub job: JobId,
    /// The type of its results, as the compiler names it; `None` for whoever takes them as they are.
    pub result_type: Option<String>,
    /// Whether its client has handed it over; else one that still runs on this machine keeps it.
    pub handed_over: bool,
}

/// Arguments for calls, by index: a value, or why there will never be one.
pub type Supply = Vec<SuppliedCall>;

/// The argument of one call, by index.
pub type SuppliedCall = (u32, Result<Input, CallError>);

/// A job that was taken.
#[derive(Debug)]
pub struct SubmittedJob {
    /// Its name.
    pub id: JobId,
    /// Path of the function that it calls.
    pub function: String,
    /// How many calls it has.
    pub calls: u32,
    /// The type of its results, as the compiler names it.
    pub result_type: String,
    /// Whether it runs through storage, so that another process can take it up.
    pub in_storage: bool,
    /// What it is expected to use, where that has a price and the length of its calls was told.
    pub estimate: Option<Usage>,
    /// What becomes of it; ends when every call has its outcome.
    pub events: JobEvents,
}

/// What becomes of a job.
pub type JobEvents = mpsc::UnboundedReceiver<JobEvent>;

/// Something that became of a job.
#[derive(Debug)]
pub enum JobEvent {
    /// This many calls are with workers now.
    InFlight(u32),
    /// This many workers have worked for the job so far.
    Workers(u32),
    /// Calls ended: each call exactly once over the life of the job.
    Settled(Vec<Settled>),
    /// So many workers that had not begun by the time most had were hedged so far: others were started
    /// for their calls.
    Hedged(u32),
    /// So often storage was asked for the job so far.
    Requests(StorageRequests),
    /// The job has used this, says the platform; after the last call's end.
    Used(Usage),
}

/// How often storage was asked for a job; what its calls ask for themselves is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageRequests {
    /// By the client: dispatches, listings, batches of outcomes.
    pub client: u64,
    /// By the workers, as far as they have told.
    pub workers: u64,
}

/// A call's end.
#[derive(Debug)]
pub struct Settled {
    /// The report that counts.
    pub report: Report,
    /// Which worker made it.
    pub worker: u32,
    /// The attempts that failed before it.
    pub earlier: Vec<FailedAttempt>,
}

impl Settled {
    /// The end of a call of which no worker has reported.
    pub fn without_report(index: u32, cause: CallError) -> Self {
        Self { report: Report::without_value(index, 0, cause), worker: 0, earlier: Vec::new() }
    }
}

/// An attempt at a call that did not count.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedAttempt {
    /// Its number, from 1.
    pub attempt: u32,
    /// Which worker made it.
    pub worker: u32,
    /// Why it gave no outcome.
    pub cause: CallError,
}
