//! Locks and their like.

mod barrier;
mod condition;
mod deadline;
mod event;
mod held;
mod lock;
mod rlock;
mod semaphore;

pub use barrier::Barrier;
pub use condition::{Condition, ConditionGuard};
pub(crate) use deadline::{after, timed_out};
pub use event::Event;
pub(crate) use held::{Held, this_thread};
pub use lock::{Lock, LockGuard};
pub use rlock::{RLock, RLockGuard};
pub use semaphore::{BoundedSemaphore, Semaphore, SemaphoreGuard};
