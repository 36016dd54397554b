//! One holder at a time, which may acquire again.

use std::marker::PhantomData;
use std::time::Duration;

use super::{Held, after, this_thread, timed_out};
use crate::place::{Handle, typed_handle};
use crate::state::Permits;
use crate::{Multiprocessing, Result};

const WHAT: &str = "lock";

/// One thread of one process at a time, which may acquire it again: Python's `RLock`.
///
/// See [`Lock`](crate::Lock) for handles, panics and deaths.
pub struct RLock {
    handle: Handle,
}

typed_handle!(RLock, "lock", |handle| RLock { handle });

/// Holds an [`RLock`] until it, and all others of its thread, are dropped. Stays on its thread.
#[must_use = "the lock is released as soon as this is dropped"]
#[derive(Debug)]
pub struct RLockGuard {
    held: Held,
    /// Another thread is another holder.
    thread: PhantomData<*const ()>,
}

impl RLock {
    /// Makes one, where the configured executor's workers reach it.
    ///
    /// # Errors
    /// As [`Lock::new`](crate::Lock::new).
    pub fn new() -> Result<Self> {
        Self::over(&Multiprocessing::configured()?)
    }

    /// Makes one, where the workers of this executor reach it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn over(context: &Multiprocessing) -> Result<Self> {
        Ok(Self { handle: Handle::state(context.place()?, WHAT, Permits::new(1))? })
    }

    /// Waits for the lock, unless this thread has it: then it has it once more.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn acquire(&self) -> Result<RLockGuard> {
        self.within(None)?.ok_or_else(|| timed_out(WHAT, Duration::MAX))
    }

    /// As [`acquire`](Self::acquire), for at most `limit`.
    ///
    /// # Errors
    /// [`TimedOut`](crate::MultiprocessingError::TimedOut) if another holds it for longer.
    pub fn acquire_timeout(&self, limit: Duration) -> Result<RLockGuard> {
        self.within(Some(limit))?.ok_or_else(|| timed_out(WHAT, limit))
    }

    /// Takes the lock if it is free or this thread's; `None` if it is another's.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    pub fn try_acquire(&self) -> Result<Option<RLockGuard>> {
        self.within(Some(Duration::ZERO))
    }

    fn within(&self, limit: Option<Duration>) -> Result<Option<RLockGuard>> {
        let deadline = limit.and_then(after);
        let held = Held::acquire::<Permits>(&self.handle, Some(this_thread()), deadline)?;
        Ok(held.map(|held| RLockGuard { held, thread: PhantomData }))
    }
}

impl RLockGuard {
    /// A number that grows each time that another holder acquires the lock.
    pub fn token(&self) -> u64 {
        self.held.token()
    }

    /// Gives back one acquisition, and tells whether the lock was held all the time.
    ///
    /// # Errors
    /// [`LeaseLost`](crate::MultiprocessingError::LeaseLost) if it was not.
    pub fn release(self) -> Result<()> {
        self.held.release()
    }
}
