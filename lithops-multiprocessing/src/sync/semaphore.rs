//! A number of holders at a time.

use std::time::Duration;

use super::{Held, after, timed_out};
use crate::place::{Handle, typed_handle};
use crate::state::Permits;
use crate::{Multiprocessing, MultiprocessingError, Result};

const WHAT: &str = "semaphore";

/// Holds one permit of a semaphore until it is dropped.
#[must_use = "the permit is given back as soon as this is dropped"]
#[derive(Debug)]
pub struct SemaphoreGuard {
    held: Held,
    handle: Handle,
}

impl SemaphoreGuard {
    /// Gives the permit back, and tells whether it was held all the time.
    ///
    /// # Errors
    /// [`LeaseLost`](MultiprocessingError::LeaseLost) if it was not.
    pub fn release(self) -> Result<()> {
        self.held.release()
    }

    /// Leaves the permit taken, for anybody to give back by `release()` of the semaphore. The death
    /// of this process does not give it back.
    ///
    /// # Errors
    /// [`LeaseLost`](MultiprocessingError::LeaseLost) if it was not held any more.
    pub fn detach(self) -> Result<()> {
        let lost = self.held.lost();
        let token = self.held.leave();
        let detached =
            self.handle.once(|permits: &mut Permits, turn| Ok(permits.detach(token, turn)))?;
        if detached { Ok(()) } else { Err(lost) }
    }
}

macro_rules! semaphore {
    ($type:ident, grows: $grows:literal, $about:literal, $release:literal) => {
        #[doc = $about]
        ///
        /// See [`Lock`](crate::Lock) for handles, panics and deaths.
        pub struct $type {
            handle: Handle,
        }

        typed_handle!($type, "semaphore", |handle| $type { handle });

        impl $type {
            /// Makes one with so many permits, where the configured executor's workers reach it.
            ///
            /// # Errors
            /// As [`Lock::new`](crate::Lock::new).
            pub fn new(permits: u32) -> Result<Self> {
                Self::over(&Multiprocessing::configured()?, permits)
            }

            /// Makes one, where the workers of this executor reach it.
            ///
            /// # Errors
            /// As [`new`](Self::new).
            pub fn over(context: &Multiprocessing, permits: u32) -> Result<Self> {
                Ok(Self { handle: Handle::state(context.place()?, WHAT, Permits::new(permits))? })
            }

            /// Waits for a permit. Nobody is favoured among those who wait.
            ///
            /// # Errors
            /// As [`Lock::acquire`](crate::Lock::acquire).
            pub fn acquire(&self) -> Result<SemaphoreGuard> {
                self.within(None)?.ok_or_else(|| timed_out(WHAT, Duration::MAX))
            }

            /// As [`acquire`](Self::acquire), for at most `limit`.
            ///
            /// # Errors
            /// [`TimedOut`](MultiprocessingError::TimedOut) if there is none for longer.
            pub fn acquire_timeout(&self, limit: Duration) -> Result<SemaphoreGuard> {
                self.within(Some(limit))?.ok_or_else(|| timed_out(WHAT, limit))
            }

            /// Takes a permit if there is one; `None` if there is none.
            ///
            /// # Errors
            /// As [`acquire`](Self::acquire).
            pub fn try_acquire(&self) -> Result<Option<SemaphoreGuard>> {
                self.within(Some(Duration::ZERO))
            }

            #[doc = $release]
            pub fn release(&self) -> Result<()> {
                let added = self
                    .handle
                    .once(|permits: &mut Permits, turn| Ok(permits.add($grows, turn)))?;
                if added { Ok(()) } else { Err(MultiprocessingError::ReleasedTooOften) }
            }

            /// How many permits can be acquired now.
            ///
            /// # Errors
            /// As [`acquire`](Self::acquire).
            pub fn value(&self) -> Result<u32> {
                self.handle.once(|permits: &mut Permits, turn| Ok(permits.available(turn)))
            }

            fn within(&self, limit: Option<Duration>) -> Result<Option<SemaphoreGuard>> {
                let held = Held::acquire::<Permits>(&self.handle, None, limit.and_then(after))?;
                let handle = self.handle.borrowed();
                Ok(held.map(|held| SemaphoreGuard { held, handle }))
            }
        }
    };
}

semaphore!(
    Semaphore,
    grows: true,
    "A number of holders at a time: Python's `Semaphore`.",
    "Gives back a permit that a guard has detached, or adds one.\n\n# Errors\nAs \
     [`acquire`](Self::acquire)."
);
semaphore!(
    BoundedSemaphore,
    grows: false,
    "A number of holders at a time, which never grows: Python's `BoundedSemaphore`.",
    "Gives back a permit that a guard has detached.\n\n# Errors\n\
     [`ReleasedTooOften`](MultiprocessingError::ReleasedTooOften) if there is none."
);
