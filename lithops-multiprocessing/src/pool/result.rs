//! What a pool gives for work that it has sent off.

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::future::{Either, select};
use lithops_core::api::{JobHandle, Until};
use lithops_core::function::Data;

use super::Job;
use super::shared::Shared;
use crate::{MultiprocessingError, Result};
use lithops_core::run::wait_here;

/// The result of work that was sent off: Python's `AsyncResult`.
///
/// The work goes on if this is dropped, as long as its pool lives.
pub struct AsyncResult<R> {
    job: Arc<dyn Job>,
    values: Values<R>,
    pool: Weak<Shared>,
}

/// Waits for the values, for a time or for as long as it takes.
type Values<R> = Box<dyn Fn(Option<Duration>) -> Result<R> + Send + Sync>;

/// The pool keeps work that has ended no longer than whoever wants its result.
impl<R> Drop for AsyncResult<R> {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.upgrade() {
            pool.forget_ended();
        }
    }
}

/// The values of a job, or its first failure, if either is there within `limit`.
fn values<T: Data>(job: &JobHandle<T>, limit: Option<Duration>) -> Result<Vec<T>> {
    let Some(limit) = limit else { return Ok(wait_here(job.results())?) };
    let (values, all) = (pin!(job.results()), pin!(job.wait_for(Until::All, limit)));
    match wait_here(select(values, all)) {
        Either::Left((values, _)) => Ok(values?),
        // They are there, and are being read.
        Either::Right((report, values)) if report.pending.is_empty() => Ok(wait_here(values)?),
        Either::Right(_) => Err(MultiprocessingError::TimedOut { what: "the result", limit }),
    }
}

impl<R> std::fmt::Debug for AsyncResult<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AsyncResult").field("job", &self.job.name()).finish_non_exhaustive()
    }
}

impl<T: Data> AsyncResult<Vec<T>> {
    pub(super) fn all(pool: &Arc<Shared>, job: Arc<JobHandle<T>>) -> Self {
        let handle = Arc::clone(&job);
        let values = Box::new(move |limit| values(&handle, limit));
        Self { job, values, pool: Arc::downgrade(pool) }
    }
}

impl<T: Data> AsyncResult<T> {
    pub(super) fn one(pool: &Arc<Shared>, job: Arc<JobHandle<T>>) -> Self {
        let handle = Arc::clone(&job);
        let value = move |limit| {
            let mut values = values(&handle, limit)?;
            values.pop().ok_or(MultiprocessingError::NotReady)
        };
        Self { job, values: Box::new(value), pool: Arc::downgrade(pool) }
    }
}

impl<R> AsyncResult<R> {
    /// Waits for the result. Can be asked again.
    ///
    /// # Errors
    /// [`Job`](MultiprocessingError::Job) as soon as a call has failed.
    pub fn get(&self) -> Result<R> {
        (self.values)(None)
    }

    /// As [`get`](Self::get), for at most `limit`; the work goes on either way.
    ///
    /// # Errors
    /// [`TimedOut`](MultiprocessingError::TimedOut) if calls run for longer and none has failed; else
    /// as [`get`](Self::get).
    pub fn get_timeout(&self, limit: Duration) -> Result<R> {
        (self.values)(Some(limit))
    }

    /// Waits until all calls have ended, for at most `limit`; gives whether they have.
    pub fn wait(&self, limit: Duration) -> bool {
        self.job.wait(Some(limit))
    }

    /// Whether all calls have ended.
    pub fn ready(&self) -> bool {
        self.job.has_ended()
    }

    /// Whether every call has a value.
    ///
    /// # Errors
    /// [`NotReady`](MultiprocessingError::NotReady) if one has not ended.
    pub fn successful(&self) -> Result<bool> {
        if self.ready() {
            Ok(self.job.has_succeeded())
        } else {
            Err(MultiprocessingError::NotReady)
        }
    }
}
