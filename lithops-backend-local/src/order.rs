//! Workers that go by an order through storage.

use lithops_core::ports::{Running, WorkerState};
use lithops_core::wire::CallError;

/// The end of a worker that had not said all it had to say.
pub(crate) fn failed(running: Option<Running>, cause: CallError) -> WorkerState {
    let cause = match running {
        Some(_) => cause,
        // No call is to blame.
        None => CallError::WorkerLost { reason: cause.to_string() },
    };
    WorkerState::Failed { running, cause }
}
