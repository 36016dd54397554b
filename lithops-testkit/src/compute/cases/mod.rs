//! The cases: one promise each.

#![expect(missing_docs, reason = "a case's name says what it is about")]

mod deaths;
mod failures;
mod output;
mod repetition;
mod shuffle;
mod stages;
mod values;
mod waiting;

use std::time::Duration;

use lithops_core::api::JobHandle;
use lithops_core::function::Data;
use lithops_core::wire::CallError;

pub use deaths::*;
pub use failures::*;
pub use output::*;
pub use repetition::*;
pub use shuffle::*;
pub use stages::*;
pub use values::*;
pub use waiting::*;

/// A limit that no healthy call of the suite comes near.
const SOON: Duration = Duration::from_millis(300);

async fn settled<T: Data>(handle: &JobHandle<T>) -> Vec<Result<T, CallError>> {
    let outcomes = handle.settled().await.unwrap();
    let progress = handle.progress();
    assert_eq!(progress.done, progress.total, "each call has one outcome");
    assert_eq!(progress.failed, outcomes.iter().filter(|outcome| outcome.is_err()).count());
    outcomes
}

/// The one call that is expected to fail, and the proof that its neighbours don't.
async fn only_failure<T: Data + Clone>(handle: &JobHandle<T>, index: usize) -> CallError {
    let outcomes = settled(handle).await;
    let failed =
        |(place, outcome): (usize, Result<T, CallError>)| outcome.err().map(|e| (place, e));
    let mut failures: Vec<_> = outcomes.into_iter().enumerate().filter_map(failed).collect();
    assert_eq!(failures.len(), 1, "{failures:?}");
    let (place, cause) = failures.remove(0);
    assert_eq!(place, index);
    cause
}
