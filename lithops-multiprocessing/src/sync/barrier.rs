//! A place where a number of parties wait for each other.

use std::time::{Duration, Instant};

use super::after;
use crate::place::{Handle, Step, Turn, typed_handle, unique};
use crate::state::{Arrival, BarrierState};
use crate::{Multiprocessing, MultiprocessingError, Result};

const WHAT: &str = "barrier";

/// A place where a number of parties wait for each other, again and again: Python's `Barrier`.
///
/// A party whose process dies while it waits breaks the barrier within the
/// [lease](Multiprocessing::lease), and one that is stopped breaks it at once.
pub struct Barrier {
    handle: Handle,
}

typed_handle!(Barrier, "barrier", |handle| Barrier { handle });

impl Barrier {
    /// Makes one for so many parties, where the configured executor's workers reach it.
    ///
    /// # Errors
    /// [`Invalid`](MultiprocessingError::Invalid) for no party; else as
    /// [`Lock::new`](crate::Lock::new).
    pub fn new(parties: usize) -> Result<Self> {
        Self::over(&Multiprocessing::configured()?, parties)
    }

    /// Makes one, where the workers of this executor reach it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn over(context: &Multiprocessing, parties: usize) -> Result<Self> {
        if parties == 0 {
            let reason = "a barrier is for one party at the least";
            return Err(MultiprocessingError::Invalid { what: "parties", value: 0, reason });
        }
        Ok(Self { handle: Handle::state(context.place()?, WHAT, BarrierState::new(parties))? })
    }

    /// Waits for all parties; gives how many had arrived before this one, so that one of them can do
    /// what is to be done once.
    ///
    /// # Errors
    /// [`BrokenBarrier`](MultiprocessingError::BrokenBarrier) if it is broken, or breaks or is reset
    /// meanwhile.
    pub fn wait(&self) -> Result<usize> {
        self.within(None)
    }

    /// As [`wait`](Self::wait), for at most `limit`: then this breaks the barrier for all.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_timeout(&self, limit: Duration) -> Result<usize> {
        self.within(after(limit))
    }

    fn within(&self, deadline: Option<Instant>) -> Result<usize> {
        let name = unique();
        let (place, arrival) =
            self.handle.once(|state: &mut BarrierState, turn| Ok(state.arrive(&name, turn)))?;
        if arrival == Arrival::Passed {
            return Ok(place);
        }
        if arrival == Arrival::Broken {
            return Err(MultiprocessingError::BrokenBarrier);
        }
        let look = |state: &mut BarrierState, turn: &mut Turn| match state.look(&name, turn) {
            Arrival::Passed => Ok(Step::Done(place)),
            Arrival::Waiting if turn.is_last => {
                state.abort(turn);
                Err(MultiprocessingError::BrokenBarrier)
            }
            Arrival::Waiting => Ok(Step::Wait),
            Arrival::Broken => Err(MultiprocessingError::BrokenBarrier),
        };
        let waited = self.handle.turn(deadline, look);
        if let Err(MultiprocessingError::Stopped) = waited {
            // Else the others would wait for one that never goes on.
            self.handle.once(|state: &mut BarrierState, turn| {
                state.leave(&name, turn);
                Ok(())
            })?;
        }
        waited?.ok_or(MultiprocessingError::BrokenBarrier)
    }

    /// Breaks the barrier: all who wait, and who come until a [`reset`](Self::reset), are told.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn abort(&self) -> Result<()> {
        self.handle.once(|state: &mut BarrierState, turn| {
            state.abort(turn);
            Ok(())
        })
    }

    /// Makes the barrier as new; those who wait are told that it broke.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn reset(&self) -> Result<()> {
        self.handle.once(|state: &mut BarrierState, turn| {
            state.reset(turn);
            Ok(())
        })
    }

    /// How many parties it is for.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn parties(&self) -> Result<usize> {
        self.handle.once(|state: &mut BarrierState, _| Ok(state.parties))
    }

    /// How many wait there now.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn waiting(&self) -> Result<usize> {
        self.handle.once(|state: &mut BarrierState, turn| Ok(state.waiting(turn)))
    }

    /// Whether it is broken.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn is_broken(&self) -> Result<bool> {
        self.handle.once(|state: &mut BarrierState, _| Ok(state.is_broken))
    }
}
