//! Run an ordinary Rust function on *n* inputs in parallel: on threads or processes of this machine,
//! and elsewhere by configuration alone.
//!
//! ```
//! use lithops::prelude::*;
//!
//! fn word_count(text: String) -> usize {
//!     text.split_whitespace().count()
//! }
//!
//! # fn main() -> lithops::Result<()> {
//! # lithops::block_on(async {
//! let exec = FunctionExecutor::from_config().await?; // worker processes, unless configured
//! let texts = ["to be", "or not to be"].map(String::from);
//! let counts = exec.map(word_count, texts).await?;
//! assert_eq!(counts, [2, 4]);
//!
//! let total: usize = exec.map_reduce(|x: usize| x * x, 0..10, |all: Vec<usize>| all.iter().sum::<usize>()).await?;
//! assert_eq!(total, 285);
//! # Ok(()) })
//! # }
//! ```
//!
//! A function needs no attribute: the program itself is the worker, started again, and finds the
//! function in a table that the linker made. It may be a `fn`, an `async fn`, a method, or a closure
//! that captures nothing; what a closure would capture goes through
//! [`map_with`](ExecutorExt::map_with). Arguments and results are serde types.
//!
//! Every call ends in exactly one outcome: its value, or a [`CallError`] that says why there is none.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../docs/functions.md")]
#[doc = include_str!("../docs/data.md")]
#[doc = include_str!("../docs/failures.md")]
#[doc = include_str!("../docs/durable-jobs.md")]
#[doc = include_str!("../docs/pipelines.md")]
#[doc = include_str!("../docs/containers.md")]
#[doc = include_str!("../docs/observing.md")]
#[doc = include_str!("../docs/backends.md")]
#[doc = include_str!("../docs/costs.md")]
#[doc = include_str!("../docs/from-python.md")]
#[doc = include_str!("../docs/from-rayon.md")]
#[doc = include_str!("../docs/writing-a-backend.md")]
mod documents {}

#[cfg(all(doctest, feature = "multiprocessing"))]
#[doc = include_str!("../docs/multiprocessing.md")]
mod multiprocessing_document {}

pub mod blocking;
mod connect;
mod executor;
mod interrupt;
#[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
pub use lithops_observe::metrics;
#[cfg(feature = "multiprocessing")]
pub mod multiprocessing;
#[cfg(feature = "progress")]
mod progress;

pub mod par;
pub mod prelude;
#[cfg(feature = "report")]
pub mod report;

pub use connect::Builder;
pub use executor::FunctionExecutor;
pub use lithops_core::api::{
    Call, CallContext, CallFuture, CallState, CallStats, ExecutorExt, JobHandle, JobSummary, Map,
    MapReduce, MapReduceByKey, ObjectInput, ObjectInputs, Objects, Ordered, Pairs, Partitioned,
    Progress, SortedPairs, Unordered, Until, WaitReport, context, try_context, wait,
};
pub use lithops_core::config::{
    CodeEngineSection, Config, ConfigError, ContainersSection, IbmSection, S3Section,
};
pub use lithops_core::data::{DataError, ObjectWriter, PartReader, RecordIter};
pub use lithops_core::error::{Error, Result};
pub use lithops_core::function::{Data, RemoteFn, TaskError, TaskOutput};
pub use lithops_core::plan::RetryPolicy;
pub use lithops_core::ports::{
    Capability, CleanScope, ComputeBackend, ComputeError, ComputeErrorKind, Executor,
    FailedAttempt, Finding, Flaw, Isolation, JobObserver, JobWatch, Leftover, ObjectMeta, PutMode,
    StorageBackend, StorageError, StorageErrorKind,
};
pub use lithops_core::run::{Cleaning, StoredJob, block_on};
pub use lithops_core::shuffle::{EmitsPairs, PartitionSize, ShuffleSummary, SortedPartition};
pub use lithops_core::wire::{
    CallError, CallFailure, CallRecord, CloudObject, Cost, ExitReport, FunctionError, JobId,
    JobRecord, Logs, ObjectPart, PanicReport, Records, SavedJob, StorageLocation, StoredObject,
    ValueError,
};
pub use lithops_worker::init;
