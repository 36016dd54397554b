//! Python's `multiprocessing` for Lithops: pools, processes, and objects that they share.
//!
//! All of it blocks, and works with and without an async runtime around it. Programs use it as
//! `lithops::multiprocessing`.

mod configured;
mod context;
mod data;
mod error;
mod place;
mod pool;
mod process;
mod redis;
mod spread;
mod state;
mod surroundings;
mod sync;

pub use configured::{Connect, Connected, install};
pub use context::Multiprocessing;
pub use data::{Array, Connection, Dict, List, Namespace, Pipe, Queue, Value, ValueGuard};
pub use error::{MultiprocessingError, Result};
pub use pool::{AsyncResult, Imap, Pool};
pub use process::Process;
pub use spread::Spread;
pub use surroundings::{CurrentProcess, cpu_count, current_process};
pub use sync::{
    Barrier, BoundedSemaphore, Condition, ConditionGuard, Event, Lock, LockGuard, RLock,
    RLockGuard, Semaphore, SemaphoreGuard,
};
