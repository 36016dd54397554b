//! A permit that somebody holds.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::place::{Handle, Lease, Step, Wake, process};
use crate::state::{ConditionState, Owner, Permits, ValueState};
use crate::{MultiprocessingError, Result};

/// A state that has permits.
pub(crate) trait HasPermits: Serialize + DeserializeOwned + Send + 'static {
    fn permits(&mut self) -> &mut Permits;

    /// Who is to look when permits say that one of those who wait should.
    fn widen(_wake: &mut Wake) {}
}

impl HasPermits for Permits {
    fn permits(&mut self) -> &mut Permits {
        self
    }
}

impl HasPermits for ConditionState {
    fn permits(&mut self) -> &mut Permits {
        &mut self.lock
    }

    fn widen(wake: &mut Wake) {
        // The one that is woken may wait for something else than the lock.
        if *wake == Wake::One {
            *wake = Wake::All;
        }
    }
}

impl HasPermits for ValueState {
    fn permits(&mut self) -> &mut Permits {
        &mut self.lock
    }
}

/// A permit that is held, renewed meanwhile, and given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    handle: Handle,
    token: u64,
    release: fn(&Handle, u64) -> Result<bool>,
    lease: Option<Lease>,
}

impl Held {
    /// Waits for a permit; `None` if there is none before `deadline`.
    pub(crate) fn acquire<S: HasPermits>(
        handle: &Handle,
        owner: Option<Owner>,
        deadline: Option<Instant>,
    ) -> Result<Option<Self>> {
        let token = handle.turn(deadline, |state: &mut S, turn| {
            let token = state.permits().acquire_as(owner, turn);
            S::widen(&mut turn.wake);
            Ok(token.map_or(Step::Wait, Step::Done))
        })?;
        Ok(token.map(|token| Self::with::<S>(handle, token)))
    }

    /// Holds a permit that was acquired with this token.
    pub(crate) fn with<S: HasPermits>(handle: &Handle, token: u64) -> Self {
        // Whoever holds a lock does not keep it from being removed by its maker.
        let handle = handle.borrowed();
        let renewed = handle.hurried();
        let lease = Lease::start(handle.lease_ms(), move || {
            renewed.once(|state: &mut S, turn| Ok(state.permits().renew(token, turn)))
        });
        let release = |handle: &Handle, token| {
            handle.once(|state: &mut S, turn| {
                let held = state.permits().release(token, turn);
                S::widen(&mut turn.wake);
                Ok(held)
            })
        };
        Self { handle, token, release, lease: Some(lease) }
    }

    pub(crate) fn token(&self) -> u64 {
        self.token
    }

    /// Gives it back, and tells if it was lost.
    pub(crate) fn release(mut self) -> Result<()> {
        self.give_back()
    }

    /// Leaves the permit to others: gives its token, and neither renews nor releases it.
    pub(crate) fn leave(mut self) -> u64 {
        self.lease = None;
        self.token
    }

    pub(crate) fn lost(&self) -> MultiprocessingError {
        MultiprocessingError::LeaseLost { what: self.handle.what }
    }

    fn give_back(&mut self) -> Result<()> {
        let Some(lease) = self.lease.take() else { return Ok(()) };
        drop(lease);
        let held = (self.release)(&self.handle, self.token)?;
        if held { Ok(()) } else { Err(self.lost()) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Err(error) = self.give_back() {
            tracing::warn!(%error, "a lock was not released by its guard");
        }
    }
}

/// This thread of this process.
pub(crate) fn this_thread() -> Owner {
    static THREADS: AtomicU64 = AtomicU64::new(0);
    thread_local! {
        static THREAD: Cell<u64> = Cell::new(THREADS.fetch_add(1, Ordering::Relaxed));
    }
    Owner { process: process(), thread: THREAD.get() }
}
