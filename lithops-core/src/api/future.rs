//! The future of one call.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::future::BoxFuture;

use super::job_state::{JobState, fetch};
use super::table::Slot;
use crate::function::Data;
use crate::ports::FailedAttempt;
use crate::wire::{CallError, JobId, Logs, Payload, decode_value};

/// The future of one call. The call runs whether the future is polled or not.
///
/// Can be awaited by reference, more than once, and asked for what is known of the call. Dropping
/// the last future of a job whose handle is gone stops the job.
pub struct CallFuture<T> {
    job: Arc<JobState>,
    index: u32,
    /// In a lock only so that futures can be waited for by reference: it is never contended.
    fetching: Mutex<Option<BoxFuture<'static, Result<Bytes, CallError>>>>,
    result: PhantomData<fn() -> T>,
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// It has no outcome yet.
    Pending,
    /// It has a value.
    Succeeded,
    /// It has ended without a value.
    Failed,
}

/// What a call has cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallStats {
    /// Which worker ran it.
    pub worker: u32,
    /// How many attempts it took.
    pub attempts: u32,
    /// When the attempt that counts began, by the worker's clock.
    pub started: SystemTime,
    /// How long it ran, decoding and encoding included.
    pub busy: Duration,
    /// Its time on processors: of all threads of the worker's process; on the backend `threads`, of
    /// the call's own thread alone. Programs that the call started are left out; a call of less than
    /// 50 µs counts as at work all the time.
    pub cpu: Duration,
    /// The most memory that the worker's process held while the call ran, in bytes, the program's
    /// own included; `None` for a call of less than a millisecond, and where several calls share a
    /// process.
    pub peak_memory: Option<u64>,
    /// Size of the encoded argument in bytes.
    pub argument_bytes: u64,
    /// Size of the encoded result in bytes.
    pub result_bytes: u64,
    /// Whether the function returned an `Err` as its value.
    pub returned_err: bool,
}

impl<T> std::fmt::Debug for CallFuture<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallFuture")
            .field("job", self.job.id())
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

impl<T> CallFuture<T> {
    pub(super) fn new(job: Arc<JobState>, index: u32) -> Self {
        Self { job, index, fetching: Mutex::new(None), result: PhantomData }
    }

    /// Place of the call in its job.
    pub fn index(&self) -> usize {
        self.index as usize
    }

    /// The job's name.
    pub fn job_id(&self) -> &JobId {
        self.job.id()
    }

    pub(super) fn job(&self) -> &Arc<JobState> {
        &self.job
    }

    /// Where the call stands.
    pub fn state(&self) -> CallState {
        self.job.look(|settled| match settled.slots.get(self.index as usize) {
            Some(Slot::Value(..)) => CallState::Succeeded,
            Some(Slot::Failed(..)) => CallState::Failed,
            Some(Slot::Pending) | None => CallState::Pending,
        })
    }

    /// What the call has cost; `None` while it has no outcome.
    pub fn stats(&self) -> Option<CallStats> {
        self.job.look(|settled| {
            let (Slot::Value(_, entry) | Slot::Failed(_, entry)) =
                settled.slots.get(self.index as usize)?
            else {
                return None;
            };
            Some(CallStats {
                worker: entry.worker,
                attempts: entry.attempt,
                started: SystemTime::UNIX_EPOCH + Duration::from_nanos(entry.timing.started_ns),
                busy: Duration::from_nanos(entry.timing.busy_ns),
                cpu: Duration::from_nanos(entry.spent.cpu_ns),
                peak_memory: entry.spent.peak_bytes,
                argument_bytes: entry.spent.argument_bytes,
                result_bytes: entry.result_bytes,
                returned_err: entry.returned_err,
            })
        })
    }

    /// Attempts that failed before the one that counts.
    pub fn failed_attempts(&self) -> Vec<FailedAttempt> {
        self.job.extra(self.index).earlier
    }

    /// What the call wrote to its standard streams; `None` if nothing, or where the backend doesn't
    /// keep it.
    pub fn logs(&self) -> Option<Logs> {
        self.job.extra(self.index).logs.map(|logs| *logs)
    }

    /// Stops the whole job that the call belongs to.
    pub fn cancel_job(&self) {
        self.job.cancel();
    }
}

impl<T: Data> Future for CallFuture<T> {
    type Output = Result<T, CallError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let fetching = this.fetching.get_mut().unwrap_or_else(PoisonError::into_inner);
        if fetching.is_none() {
            match this.job.poll_outcome(this.index, Some(context)) {
                None => return Poll::Pending,
                Some(outcome) => match start(outcome, &this.job) {
                    Fetch::Here(result) => return Poll::Ready(result.and_then(decode)),
                    Fetch::Under(under) => *fetching = Some(under),
                },
            }
        }
        let Some(under) = fetching else { return Poll::Pending };
        let result = std::task::ready!(under.as_mut().poll(context));
        *fetching = None;
        Poll::Ready(result.and_then(decode))
    }
}

/// A value that is here, or on its way from storage.
pub(super) enum Fetch {
    Here(Result<Bytes, CallError>),
    Under(BoxFuture<'static, Result<Bytes, CallError>>),
}

pub(super) fn start(outcome: Result<Payload, CallError>, job: &Arc<JobState>) -> Fetch {
    match outcome {
        Err(cause) => Fetch::Here(Err(cause)),
        Ok(Payload::Inline(bytes)) => Fetch::Here(Ok(bytes)),
        Ok(stored) => {
            let storage = job.storage();
            Fetch::Under(Box::pin(async move { fetch(stored, storage.as_ref()).await }))
        }
    }
}

pub(super) fn decode<T: Data>(bytes: Bytes) -> Result<T, CallError> {
    decode_value(bytes).map_err(CallError::Output)
}
