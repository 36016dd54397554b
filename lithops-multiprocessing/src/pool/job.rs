//! A job, whatever its results are.

use std::time::Duration;

use lithops_core::api::{CallState, JobHandle, Until};
use lithops_core::function::Data;
use lithops_core::wire::CallError;

use lithops_core::run::wait_here;

/// A job, whatever its results are.
pub(crate) trait Job: Send + Sync {
    /// Stops it.
    fn cancel(&self);

    /// Waits for its end, for at most `limit`; gives whether it has ended.
    fn wait(&self, limit: Option<Duration>) -> bool;

    fn has_ended(&self) -> bool;

    /// Whether it has ended and every call has a value.
    fn has_succeeded(&self) -> bool;

    /// The end of its first call, once it has one: whether the function gave an `Err`, or why there
    /// is no value.
    fn first(&self) -> Option<Result<bool, CallError>>;

    fn name(&self) -> String;
}

impl<T: Data> Job for JobHandle<T> {
    fn cancel(&self) {
        Self::cancel(self);
    }

    fn wait(&self, limit: Option<Duration>) -> bool {
        match limit {
            None => wait_here(Self::wait(self, Until::All)),
            Some(limit) => wait_here(self.wait_for(Until::All, limit)),
        };
        self.has_ended()
    }

    fn has_ended(&self) -> bool {
        let progress = self.progress();
        progress.done == progress.total
    }

    fn has_succeeded(&self) -> bool {
        let progress = self.progress();
        progress.done == progress.total && progress.failed == 0
    }

    fn first(&self) -> Option<Result<bool, CallError>> {
        if self.is_empty() {
            return None;
        }
        let call = self.future(0);
        match call.state() {
            CallState::Pending => None,
            CallState::Succeeded => Some(Ok(call.stats().is_some_and(|stats| stats.returned_err))),
            CallState::Failed => wait_here(call).err().map(Err),
        }
    }

    fn name(&self) -> String {
        self.id().to_string()
    }
}
