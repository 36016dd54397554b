//! Wrappers that are storages themselves: they count requests, make them fail, ask again, or bound
//! how many are under way.
//!
//! A worker that opens the [location](lithops_core::ports::StorageBackend::location) of a wrapped
//! storage reaches the storage inside, without the wrapper.

mod count;
mod fault;
mod limit;
mod retry;
mod verb;

pub use count::{CountingStorage, RequestCounts};
pub use fault::{Fault, FaultyStorage};
pub use limit::LimitedStorage;
pub use retry::RetryingStorage;
pub use verb::Verb;
