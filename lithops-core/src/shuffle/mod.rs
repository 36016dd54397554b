//! Pairs by key through storage: map calls write sorted runs, one call a partition merges them.
//!
//! A map call keeps its pairs encoded, one after another, until its budget is full; sorts them; and
//! writes them as one object, a run. It gives back only where the blocks of its runs are. When all
//! have ended, the client works out which blocks each partition needs (it never sees a pair), and the
//! call of a partition reads those, merges the runs, and hands the pairs on in the order of keys.

mod buffer;
mod combine;
mod merged;
mod order;
mod partition;
mod reduce;
mod route;
mod section;
mod source;
mod summary;
mod write;

pub use combine::{Combine, CombineWith, Keep};
pub use partition::SortedPartition;
pub use reduce::{EachPartition, EachPartitionWith, GroupPairs, ReducePairs};
pub(crate) use route::{route_hashed, route_sorted};
#[cfg(fuzzing)]
pub(crate) use section::read_section;
pub use source::{EachFallible, EmitsPairs, FlatMapFn, Listed, PairSource};
pub use summary::{PartitionSize, ShuffleSummary};
pub use write::WriteRuns;

use crate::function::BlockOn;
use crate::ports::StorageError;
use crate::wire::CallError;

/// Waits for a future of a storage on the thread of a call.
fn wait<T>(runtime: &dyn BlockOn, future: impl Future<Output = T>) -> Result<T, CallError> {
    let mut output = None;
    {
        let future = std::pin::pin!(async { output = Some(future.await) });
        runtime.block_on(future);
    }
    output.ok_or_else(|| CallError::WorkerLost {
        reason: "the worker's runtime stopped before the storage had answered".to_owned(),
    })
}

fn storage_error(error: &StorageError) -> CallError {
    CallError::Storage { reason: error.to_string(), retryable: error.is_retryable() }
}

fn storage_of(
    context: &crate::api::CallContext,
) -> Result<&std::sync::Arc<dyn crate::ports::StorageBackend>, CallError> {
    context.storage().ok_or_else(|| CallError::Storage {
        reason: "a shuffle's pairs go through the job's storage, which can't be opened here; \
                 use a storage that workers can reach"
            .to_owned(),
        retryable: false,
    })
}

fn context() -> Result<crate::api::CallContext, CallError> {
    crate::api::try_context().ok_or_else(|| CallError::WorkerLost {
        reason: "the worker did not say which call it runs".to_owned(),
    })
}
