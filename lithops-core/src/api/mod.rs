//! What a caller holds: verbs, futures, job handles.

mod builder;
mod call;
mod context;
mod facts;
mod future;
mod handle;
mod job_state;
mod map;
mod map_reduce;
mod objects;
mod pairs;
mod partitioned;
mod progress;
mod stage;
mod stream;
mod table;
mod verbs;
mod wait;

pub(crate) use builder::options;
pub use call::Call;
pub use context::{
    CallContext, ContextGuard, context, is_inside_call, mark_worker_process, try_context,
};
pub use future::{CallFuture, CallState, CallStats};
pub use handle::JobHandle;
pub use map::Map;
pub use map_reduce::{MapReduce, MapReduceByKey};
pub use objects::{ObjectInput, ObjectInputs, Objects};
#[cfg(fuzzing)]
pub(crate) use pairs::route;
pub use pairs::{Pairs, SortedPairs};
pub use partitioned::Partitioned;
pub use progress::{JobSummary, Progress};
pub(crate) use stage::submit_packed;
pub use stream::{Ordered, Unordered};
pub use verbs::ExecutorExt;
pub(crate) use verbs::assert_remote;
pub use wait::{Until, WaitReport, wait};
