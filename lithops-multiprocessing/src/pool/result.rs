//! What a pool gives for work that it has sent off.

use std::sync::Arc;
use std::time::Duration;

use lithops_core::api::JobHandle;
use lithops_core::function::Data;

use super::Job;
use crate::{MultiprocessingError, Result};
use lithops_core::run::wait_here;

/// The result of work that was sent off: Python's `AsyncResult`.
///
/// The work goes on if this is dropped, as long as its pool lives.
pub struct AsyncResult<R> {
    job: Arc<dyn Job>,
    values: Arc<dyn Fn() -> Result<R> + Send + Sync>,
}

impl<R> std::fmt::Debug for AsyncResult<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AsyncResult").field("job", &self.job.name()).finish_non_exhaustive()
    }
}

impl<T: Data> AsyncResult<Vec<T>> {
    pub(super) fn all(job: Arc<JobHandle<T>>) -> Self {
        let values = Arc::clone(&job);
        Self { job, values: Arc::new(move || Ok(wait_here(values.results())?)) }
    }
}

impl<T: Data> AsyncResult<T> {
    pub(super) fn one(job: Arc<JobHandle<T>>) -> Self {
        let values = Arc::clone(&job);
        let value = move || {
            let mut values = wait_here(values.results())?;
            values.pop().ok_or(MultiprocessingError::NotReady)
        };
        Self { job, values: Arc::new(value) }
    }
}

impl<R> AsyncResult<R> {
    /// Waits for the result. Can be asked again.
    ///
    /// # Errors
    /// [`Job`](MultiprocessingError::Job) as soon as a call has failed.
    pub fn get(&self) -> Result<R> {
        (self.values)()
    }

    /// As [`get`](Self::get), for at most `limit`; the work goes on either way.
    ///
    /// # Errors
    /// [`TimedOut`](MultiprocessingError::TimedOut) if calls run for longer.
    pub fn get_timeout(&self, limit: Duration) -> Result<R> {
        if self.wait(limit) {
            return self.get();
        }
        Err(MultiprocessingError::TimedOut { what: "the result", limit })
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
