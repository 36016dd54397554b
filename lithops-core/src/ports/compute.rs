//! Where calls run: the port that compute providers implement.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Capability, Finding, Leftover, Link, Running, StorageBackend};
use crate::wire::{CallError, JobId, StoredObject, WorkOrder};

/// A place that starts workers: threads, processes, containers, a cloud.
///
/// Workers find their calls through storage, by the [`WorkOrder`] they are started with; a backend
/// that can talk to its workers also gives a [`Link`], and needs no storage then.
#[async_trait]
pub trait ComputeBackend: Send + Sync + fmt::Debug {
    /// What this backend can do; the same for its whole life.
    fn capability(&self) -> Capability;

    /// The direct way to workers, if there is one.
    fn link(&self) -> Option<&dyn Link>;

    /// Offers the executor's own storage to workers that have no way to it; gives whether they reach
    /// it now, wherever it is. Called once, before all else.
    fn lend(&self, storage: &Arc<dyn StorageBackend>) -> bool {
        let _ = storage;
        false
    }

    /// Offers one object of any storage to workers that have no way to it, to be read; gives whether
    /// they reach it now.
    fn lend_object(&self, object: &StoredObject) -> bool {
        let _ = object;
        false
    }

    /// The program that workers run; `None` where it is the client's own.
    fn program(&self) -> Option<&Path> {
        None
    }

    /// Makes sure that workers can be started: the runtime is there and has the program.
    ///
    /// Called before the first launch; may be called again, and costs little then. Gives the name of
    /// the runtime.
    ///
    /// # Errors
    /// [`ComputeError`] with what is missing and how to mend it.
    async fn deploy(&self) -> Result<String, ComputeError>;

    /// Starts workers `0..launch.workers` of one dispatch and returns once the platform has taken
    /// the order, not once they run.
    ///
    /// # Errors
    /// [`ComputeError`]; then no worker of this launch runs, and another launch is tried a few times
    /// unless the error is [final](ComputeError::is_final).
    async fn start(&self, launch: Launch) -> Result<(), ComputeError>;

    /// What the platform says of each worker of a job, all dispatches included.
    ///
    /// A worker that the platform does not start within the backend's own bound is told as failed:
    /// nobody waits for one that is pending for ever.
    ///
    /// # Errors
    /// [`ComputeError`] if the platform can't be asked.
    async fn status(&self, job: &JobId) -> Result<Vec<WorkerStatus>, ComputeError>;

    /// For how many seconds the instances of a job have run so far, in sum, as the platform says;
    /// `None` where nobody bills for them. Asked once, after the last outcome and before
    /// [`cancel`](Self::cancel).
    ///
    /// # Errors
    /// [`ComputeError`] if the platform can't be asked.
    async fn instance_seconds(&self, job: &JobId) -> Result<Option<f64>, ComputeError> {
        let _ = job;
        Ok(None)
    }

    /// Stops all workers of a job and forgets them. A job that is unknown is no error.
    ///
    /// # Errors
    /// [`ComputeError`] if the platform refuses.
    async fn cancel(&self, job: &JobId) -> Result<(), ComputeError>;

    /// Ends all workers and removes what is kept for them on the platform; nothing is started after
    /// it. Called at the executor's end, perhaps more than once. What can't be removed then is found
    /// by [`clean`](Self::clean).
    async fn shutdown(&self) {}

    /// Looks whether the platform is as workers need it: within a minute, and changing nothing.
    async fn examine(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// Finds what [`clean`](Self::clean) would remove.
    ///
    /// # Errors
    /// [`ComputeError`] if the platform can't be asked.
    async fn leftovers(&self, scope: &CleanScope) -> Result<Vec<Leftover>, ComputeError> {
        let _ = scope;
        Ok(Vec::new())
    }

    /// Removes what a scope has left on the platform; gives how many things.
    ///
    /// # Errors
    /// [`ComputeError`] if the platform refuses.
    async fn clean(&self, scope: CleanScope) -> Result<usize, ComputeError>;
}

/// An order to start workers.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The job they work for.
    pub job: JobId,
    /// Where they find their calls.
    pub order: WorkOrder,
    /// How many: as many as the order has shares.
    pub workers: u32,
    /// What they are started with.
    pub profile: WorkerProfile,
    /// Whether none may share an instance with another, however many
    /// [slots](Capability::slots) that has: workers have died of their calls.
    pub alone: bool,
}

/// What a worker is started with. Workers of unlike profiles are not shared between jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct WorkerProfile {
    /// Environment variables on top of what the platform gives.
    pub environment: BTreeMap<String, String>,
    /// Limit of memory in bytes.
    pub memory: Option<u64>,
}

/// What the platform says of one worker.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerStatus {
    /// The dispatch it belongs to.
    pub wave: u32,
    /// Its number there.
    pub worker: u32,
    /// What it is doing.
    pub state: WorkerState,
}

/// What a worker is doing, as the platform sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkerState {
    /// It has not begun.
    Pending,
    /// It runs.
    Running,
    /// It has ended by itself and said all it had to say.
    Succeeded,
    /// It has ended in another way; calls without an outcome end for this cause.
    Failed {
        /// The call that it was running, where the platform can tell.
        running: Option<Running>,
        /// Whether it had begun and nobody saw which call it was running: then it was the first of
        /// those that it had not answered.
        unseen: bool,
        /// What killed it.
        cause: CallError,
    },
}

/// What [`ComputeBackend::clean`] removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CleanScope {
    /// What one job made.
    Job(JobId),
    /// All that dead clients left behind.
    Leftovers,
    /// Everything of ours on the platform.
    All,
}

/// A platform's refusal.
#[derive(Debug, thiserror::Error)]
#[error("{backend}: {operation} failed: {kind}: {message}")]
pub struct ComputeError {
    /// What happened.
    pub kind: ComputeErrorKind,
    /// The backend's name.
    pub backend: &'static str,
    /// What was tried.
    pub operation: &'static str,
    /// The cause and the next step.
    pub message: String,
    /// The platform's own error.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Why a platform refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ComputeErrorKind {
    /// The platform is out of reach or busy; trying again may help.
    #[error("the platform did not answer as it should")]
    Unavailable,
    /// A limit of the account or machine is reached.
    #[error("a limit is reached")]
    Quota,
    /// The platform refused the caller.
    #[error("access denied")]
    Denied,
    /// The order is one that this backend can't carry out.
    #[error("not possible here")]
    Unsupported,
    /// Workers could not be started.
    #[error("workers could not be started")]
    Start,
}

impl ComputeError {
    /// A refusal by `backend`, with the cause and the next step in words.
    pub fn new(
        backend: &'static str,
        kind: ComputeErrorKind,
        operation: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { kind, backend, operation, message: message.into(), source: None }
    }

    /// A refusal by `backend` for the error behind it, whose words are the message.
    pub fn because(
        backend: &'static str,
        kind: ComputeErrorKind,
        operation: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        let message = source.to_string();
        Self { kind, backend, operation, message, source: Some(Box::new(source)) }
    }

    /// Whether trying again may help.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, ComputeErrorKind::Unavailable)
    }

    /// Whether another try is in vain before somebody changes something.
    pub fn is_final(&self) -> bool {
        matches!(self.kind, ComputeErrorKind::Denied | ComputeErrorKind::Unsupported)
    }
}
