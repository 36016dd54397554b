//! One value with a lock of its own.

use std::marker::PhantomData;
use std::time::Duration;

use lithops_core::function::Data;

use super::{decoded, encoded};
use crate::place::{Handle, Step, Wake, typed_handle};
use crate::state::{Permits, ValueState};
use crate::sync::{Held, after, this_thread, timed_out};
use crate::{Multiprocessing, Result};

const WHAT: &str = "value";

/// One value with a lock of its own: Python's `Value`.
///
/// See [`Lock`](crate::Lock) for handles, panics and deaths.
pub struct Value<T> {
    handle: Handle,
    value: PhantomData<fn() -> T>,
}

typed_handle!(Value<T>, "value", |handle| Value { handle, value: PhantomData });

/// Holds the lock of a [`Value`] until it is dropped. Stays on its thread.
#[must_use = "the lock is released as soon as this is dropped"]
#[derive(Debug)]
pub struct ValueGuard<T> {
    held: Held,
    handle: Handle,
    value: PhantomData<fn() -> T>,
    /// Another thread is another holder.
    thread: PhantomData<*const ()>,
}

impl<T: Data> Value<T> {
    /// Makes one, where the configured executor's workers reach it.
    ///
    /// # Errors
    /// As [`Lock::new`](crate::Lock::new).
    pub fn new(value: T) -> Result<Self> {
        Self::over(&Multiprocessing::configured()?, value)
    }

    /// Makes one, where the workers of this executor reach it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn over(context: &Multiprocessing, value: T) -> Result<Self> {
        let state = ValueState { lock: Permits::new(1), value: encoded(value)? };
        Ok(Self { handle: Handle::state(context.place()?, WHAT, state)?, value: PhantomData })
    }

    /// The value. Does not wait for the lock.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn get(&self) -> Result<T> {
        decoded(self.handle.once(|state: &mut ValueState, _| Ok(state.value.clone()))?)
    }

    /// Replaces the value, once no other thread holds the lock.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn set(&self, value: T) -> Result<()> {
        let (value, owner) = (encoded(value)?, this_thread());
        let set = |state: &mut ValueState, turn: &mut _| {
            if !state.lock.is_open_to(owner, turn) {
                return Ok(Step::Wait);
            }
            state.value = value.clone();
            // It may have been woken because the lock is free, which it still is.
            turn.wake = Wake::One;
            Ok(Step::Done(()))
        };
        self.handle.turn(None, set).map(drop)
    }

    /// Replaces the value by what `change` makes of it, with the lock held; gives the new value.
    ///
    /// # Errors
    /// [`LeaseLost`](crate::MultiprocessingError::LeaseLost) if `change` took so long, or the process was
    /// stopped for so long, that the lock was lost; the value is not replaced then.
    pub fn update(&self, change: impl FnOnce(T) -> T) -> Result<T>
    where
        T: Clone,
    {
        let guard = self.lock()?;
        let value = change(guard.get()?);
        guard.set(value.clone())?;
        guard.release()?;
        Ok(value)
    }

    /// Waits for the lock. Its thread may take it again.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn lock(&self) -> Result<ValueGuard<T>> {
        self.within(None)?.ok_or_else(|| timed_out(WHAT, Duration::MAX))
    }

    /// As [`lock`](Self::lock), for at most `limit`.
    ///
    /// # Errors
    /// [`TimedOut`](crate::MultiprocessingError::TimedOut) if another holds it for longer.
    pub fn lock_timeout(&self, limit: Duration) -> Result<ValueGuard<T>> {
        self.within(Some(limit))?.ok_or_else(|| timed_out(WHAT, limit))
    }

    fn within(&self, limit: Option<Duration>) -> Result<Option<ValueGuard<T>>> {
        let (owner, deadline) = (Some(this_thread()), limit.and_then(after));
        let held = Held::acquire::<ValueState>(&self.handle, owner, deadline)?;
        let handle = self.handle.borrowed();
        Ok(held.map(|held| ValueGuard { held, handle, value: PhantomData, thread: PhantomData }))
    }
}

impl<T: Data> ValueGuard<T> {
    /// The value.
    ///
    /// # Errors
    /// As [`Value::get`].
    pub fn get(&self) -> Result<T> {
        decoded(self.handle.once(|state: &mut ValueState, _| Ok(state.value.clone()))?)
    }

    /// Replaces the value, if the lock is still held.
    ///
    /// # Errors
    /// [`LeaseLost`](crate::MultiprocessingError::LeaseLost) if it is not; nothing is replaced then.
    pub fn set(&self, value: T) -> Result<()> {
        let (value, token) = (encoded(value)?, self.held.token());
        self.handle.once(|state: &mut ValueState, turn| {
            if !state.lock.holds(token, turn) {
                return Err(self.held.lost());
            }
            state.value = value.clone();
            Ok(())
        })
    }

    /// Releases the lock, and tells whether it was held all the time.
    ///
    /// # Errors
    /// [`LeaseLost`](crate::MultiprocessingError::LeaseLost) if it was not.
    pub fn release(self) -> Result<()> {
        self.held.release()
    }
}
