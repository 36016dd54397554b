//! Workers that go by an order through storage.

use lithops_core::ports::{Running, WorkerState};
use lithops_core::wire::CallError;

/// The end of a worker that had not said all it had to say. `unseen` is of one that had begun and
/// was at nobody knows what.
pub(crate) fn failed(running: Option<Running>, unseen: bool, cause: CallError) -> WorkerState {
    let cause = match running {
        Some(_) => cause,
        // No call is known to be to blame.
        None => CallError::WorkerLost { reason: cause.to_string() },
    };
    WorkerState::Failed { running, unseen, cause }
}
