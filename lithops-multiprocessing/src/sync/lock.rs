//! One holder at a time.

use std::time::Duration;

use super::{Held, after, timed_out};
use crate::place::{Handle, typed_handle};
use crate::state::Permits;
use crate::{Multiprocessing, Result};

const WHAT: &str = "lock";

/// One holder at a time, among all processes that have a handle: Python's `Lock`.
///
/// Handles are cheap to clone, and can be arguments of functions. A holder that panics releases it; a
/// holder whose process dies loses it within the [lease](Multiprocessing::lease). The holder may not
/// acquire it again: that waits for ever, as in Python; see [`RLock`](crate::RLock).
pub struct Lock {
    handle: Handle,
}

typed_handle!(Lock, "lock", |handle| Lock { handle });

/// Holds a [`Lock`] until it is dropped.
#[must_use = "the lock is released as soon as this is dropped"]
#[derive(Debug)]
pub struct LockGuard {
    held: Held,
}

impl Lock {
    /// Makes one, where the configured executor's workers reach it.
    ///
    /// # Errors
    /// As [`Multiprocessing::configured`]; [`NoServer`](crate::MultiprocessingError::NoServer) if
    /// workers need a Redis server and none is configured.
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

    /// Waits for the lock. Nobody is favoured among those who wait.
    ///
    /// # Errors
    /// [`Gone`](crate::MultiprocessingError::Gone) if there is no such lock any more,
    /// [`Server`](crate::MultiprocessingError::Server) if the server can't be asked.
    pub fn acquire(&self) -> Result<LockGuard> {
        self.within(None).and_then(|guard| guard.ok_or_else(|| self.over_time(Duration::MAX)))
    }

    /// As [`acquire`](Self::acquire), for at most `limit`.
    ///
    /// # Errors
    /// [`TimedOut`](crate::MultiprocessingError::TimedOut) if it is held for longer.
    pub fn acquire_timeout(&self, limit: Duration) -> Result<LockGuard> {
        self.within(Some(limit))?.ok_or_else(|| self.over_time(limit))
    }

    /// Takes the lock if it is free; `None` if it is not.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    pub fn try_acquire(&self) -> Result<Option<LockGuard>> {
        self.within(Some(Duration::ZERO))
    }

    /// Whether somebody holds it.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    pub fn is_locked(&self) -> Result<bool> {
        self.handle.once(|permits: &mut Permits, turn| Ok(permits.available(turn) == 0))
    }

    fn within(&self, limit: Option<Duration>) -> Result<Option<LockGuard>> {
        let held = Held::acquire::<Permits>(&self.handle, None, limit.and_then(after))?;
        Ok(held.map(|held| LockGuard { held }))
    }

    fn over_time(&self, limit: Duration) -> crate::MultiprocessingError {
        timed_out(WHAT, limit)
    }
}

impl LockGuard {
    /// A number that grows with each acquisition of the lock: what is written with it can be told
    /// from what an earlier holder writes too late.
    pub fn token(&self) -> u64 {
        self.held.token()
    }

    /// Releases the lock, and tells whether it was held all the time.
    ///
    /// # Errors
    /// [`LeaseLost`](crate::MultiprocessingError::LeaseLost) if it was not; another's is not
    /// released then.
    pub fn release(self) -> Result<()> {
        self.held.release()
    }
}
