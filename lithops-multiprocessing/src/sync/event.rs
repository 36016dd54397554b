//! A flag that others wait for.

use std::time::Duration;

use super::after;
use crate::place::{Handle, Step, Wake, typed_handle};
use crate::{Multiprocessing, Result};

/// A flag that others wait for: Python's `Event`.
pub struct Event {
    handle: Handle,
}

typed_handle!(Event, "event", |handle| Event { handle });

impl Event {
    /// Makes one that is not set, where the configured executor's workers reach it.
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
        Ok(Self { handle: Handle::state(context.place()?, "event", false)? })
    }

    /// Sets the flag, and lets all go on who wait for it.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn set(&self) -> Result<()> {
        self.handle.once(|is_set: &mut bool, turn| {
            *is_set = true;
            turn.wake = Wake::All;
            Ok(())
        })
    }

    /// Takes the flag back. Whoever was about to see it may not have.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn clear(&self) -> Result<()> {
        self.handle.once(|is_set: &mut bool, _| {
            *is_set = false;
            Ok(())
        })
    }

    /// Whether the flag is set.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn is_set(&self) -> Result<bool> {
        self.handle.once(|is_set: &mut bool, _| Ok(*is_set))
    }

    /// Waits until the flag is set.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn wait(&self) -> Result<()> {
        self.handle.turn(None, look).map(drop)
    }

    /// Waits until the flag is set, for at most `limit`; gives whether it is.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn wait_timeout(&self, limit: Duration) -> Result<bool> {
        Ok(self.handle.turn(after(limit), look)?.is_some())
    }
}

fn look(is_set: &mut bool, _: &mut crate::place::Turn) -> Result<Step<()>> {
    Ok(if *is_set { Step::Done(()) } else { Step::Wait })
}
