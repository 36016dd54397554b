//! Python's `multiprocessing`: pools, processes, and objects that they share.
//!
//! ```
//! # fn main() -> lithops::multiprocessing::Result<()> {
//! use lithops::multiprocessing::Pool;
//!
//! fn square(x: u64) -> u64 {
//!     x * x
//! }
//!
//! let pool = Pool::new(2)?;
//! assert_eq!(pool.map(square, [1, 2, 3])?, [1, 4, 9]);
//! # Ok(())
//! # }
//! ```
//!
//! All of it blocks, and needs no async runtime; on a thread of one it works too, and blocks that
//! thread. Pools, processes and objects use the configured executor, as
//! [`FunctionExecutor::from_config`](crate::FunctionExecutor::from_config) does. Objects are in the
//! memory of the program if calls run on its threads, else in the Redis server of the section
//! `[redis]` (feature `storage-redis`). `docs/multiprocessing.md` has the table of Python's names.

use std::sync::Arc;

use lithops_multiprocessing::Connected;
pub use lithops_multiprocessing::{
    Array, AsyncResult, Barrier, BoundedSemaphore, Condition, ConditionGuard, Connection,
    CurrentProcess, Dict, Event, Imap, List, Lock, LockGuard, Multiprocessing,
    MultiprocessingError, Namespace, Pipe, Pool, Process, Queue, RLock, RLockGuard, Result,
    Semaphore, SemaphoreGuard, Spread, Value, ValueGuard, cpu_count, current_process,
};

use crate::{Builder, Error};

/// Says that pools, processes and objects use the configured executor.
///
/// Done before `main` on Linux; elsewhere a program does it first thing in `main`.
pub fn install() {
    lithops_multiprocessing::install(connect);
}

fn connect(workers: Option<usize>) -> crate::Result<Connected, Error> {
    let mut builder = Builder::from_config()?;
    if let Some(workers) = workers {
        builder = builder.workers(workers);
    }
    let config = builder.config().clone();
    Ok(Connected { executor: Arc::new(builder.make()?), config })
}

#[cfg(all(target_os = "linux", not(miri)))]
#[expect(unsafe_code, reason = "code before `main` can only be had by a section of the executable")]
mod constructor {
    /// Run by the C runtime before `main`, and in workers before they begin.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static INSTALL: extern "C" fn() = start;

    extern "C" fn start() {
        super::install();
    }
}
