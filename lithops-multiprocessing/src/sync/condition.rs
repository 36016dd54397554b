//! A lock whose holder can wait to be notified.

use std::marker::PhantomData;
use std::time::{Duration, Instant};

use super::{Held, after, this_thread, timed_out};
use crate::place::{Handle, Step, typed_handle, unique};
use crate::state::{ConditionState, Holding};
use crate::{Multiprocessing, MultiprocessingError, Result};

const WHAT: &str = "condition";

/// A lock whose holder can wait to be notified by another holder: Python's `Condition`.
///
/// The lock is its own, and can be acquired again by its holder, as an [`RLock`](crate::RLock). See
/// [`Lock`](crate::Lock) for handles, panics and deaths.
pub struct Condition {
    handle: Handle,
}

typed_handle!(Condition, "condition", |handle| Condition { handle });

/// Holds the lock of a [`Condition`] until it is dropped. Stays on its thread.
#[must_use = "the lock is released as soon as this is dropped"]
#[derive(Debug)]
pub struct ConditionGuard {
    /// `None` while it waits, and after it has failed to get the lock back.
    held: Option<Held>,
    handle: Handle,
    /// Another thread is another holder.
    thread: PhantomData<*const ()>,
}

impl Condition {
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
        Ok(Self { handle: Handle::state(context.place()?, WHAT, ConditionState::new())? })
    }

    /// Waits for the lock.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn acquire(&self) -> Result<ConditionGuard> {
        self.within(None)?.ok_or_else(|| timed_out(WHAT, Duration::MAX))
    }

    /// As [`acquire`](Self::acquire), for at most `limit`.
    ///
    /// # Errors
    /// [`TimedOut`](MultiprocessingError::TimedOut) if another holds it for longer.
    pub fn acquire_timeout(&self, limit: Duration) -> Result<ConditionGuard> {
        self.within(Some(limit))?.ok_or_else(|| timed_out(WHAT, limit))
    }

    fn within(&self, limit: Option<Duration>) -> Result<Option<ConditionGuard>> {
        let deadline = limit.and_then(after);
        let held = Held::acquire::<ConditionState>(&self.handle, Some(this_thread()), deadline)?;
        let handle = self.handle.borrowed();
        Ok(held.map(|held| ConditionGuard { held: Some(held), handle, thread: PhantomData }))
    }
}

impl ConditionGuard {
    /// Gives the lock up, waits to be notified, and takes the lock again.
    ///
    /// # Errors
    /// [`LeaseLost`](MultiprocessingError::LeaseLost) if the lock was lost before; after any error
    /// the guard holds nothing any more.
    pub fn wait(&mut self) -> Result<()> {
        self.within(None).map(drop)
    }

    /// As [`wait`](Self::wait), for at most `limit`; gives whether it was notified. It has the lock
    /// again either way, however long others hold it.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_timeout(&mut self, limit: Duration) -> Result<bool> {
        self.within(after(limit))
    }

    /// Waits until `condition` is true, which is asked with the lock held.
    ///
    /// # Errors
    /// As [`wait`](Self::wait), and those of `condition`.
    pub fn wait_for(&mut self, mut condition: impl FnMut() -> Result<bool>) -> Result<()> {
        while !condition()? {
            self.wait()?;
        }
        Ok(())
    }

    /// As [`wait_for`](Self::wait_for), for at most `limit`; gives what `condition` said last.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub fn wait_for_timeout(
        &mut self,
        mut condition: impl FnMut() -> Result<bool>,
        limit: Duration,
    ) -> Result<bool> {
        let deadline = after(limit);
        loop {
            let is_true = condition()?;
            let is_over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if is_true || is_over {
                return Ok(is_true);
            }
            self.within(deadline)?;
        }
    }

    fn within(&mut self, deadline: Option<Instant>) -> Result<bool> {
        let lost = MultiprocessingError::LeaseLost { what: WHAT };
        let Some(held) = self.held.take() else { return Err(lost) };
        let (name, token) = (unique(), held.leave());
        let begin = |state: &mut ConditionState, turn: &mut _| Ok(state.begin(&name, token, turn));
        let count = self.handle.once(begin)?;
        if count == 0 {
            return Err(lost);
        }
        let before = Holding { token, owner: this_thread(), count };
        let waited = self.until_notified(&name, deadline, &before);
        if let Err(MultiprocessingError::Stopped) = waited {
            // Who was notified in its place, or will be, must not wait for one that is gone.
            self.handle.once(|state: &mut ConditionState, turn| {
                state.give_up(&name, turn);
                Ok(())
            })?;
        }
        let Some(was_notified) = waited? else { return Err(lost) };
        self.held = Some(Held::with::<ConditionState>(&self.handle, token));
        Ok(was_notified)
    }

    /// Waits to be notified, and for the lock then; gives whether it was notified.
    fn until_notified(
        &self,
        name: &str,
        deadline: Option<Instant>,
        before: &Holding,
    ) -> Result<Option<bool>> {
        let notified = self.handle.turn(deadline, |state: &mut ConditionState, turn| {
            Ok(if state.is_notified(name, turn) { Step::Done(()) } else { Step::Wait })
        })?;
        let again = self.handle.turn(None, |state: &mut ConditionState, turn| {
            // Who notifies must know that this one is still there.
            let was_notified = state.is_notified(name, turn);
            if !state.again(before, turn) {
                return Ok(Step::Wait);
            }
            state.end(name);
            Ok(Step::Done(was_notified))
        })?;
        Ok(again.map(|was_notified| notified.is_some() || was_notified))
    }

    /// Notifies one of those who wait, the one that has waited longest; they go on when the lock is
    /// free.
    ///
    /// # Errors
    /// [`LeaseLost`](MultiprocessingError::LeaseLost) if the lock was lost; nobody is notified then.
    pub fn notify_one(&self) -> Result<()> {
        self.notify(1)
    }

    /// Notifies `count` of those who wait.
    ///
    /// # Errors
    /// As [`notify_one`](Self::notify_one).
    pub fn notify(&self, count: usize) -> Result<()> {
        let lost = MultiprocessingError::LeaseLost { what: WHAT };
        let Some(held) = &self.held else { return Err(lost) };
        let token = held.token();
        let notified = self.handle.once(|state: &mut ConditionState, turn| {
            let holds = state.lock.holds(token, turn);
            if holds {
                state.notify(count, turn);
            }
            Ok(holds)
        })?;
        if notified { Ok(()) } else { Err(lost) }
    }

    /// Notifies all who wait.
    ///
    /// # Errors
    /// As [`notify_one`](Self::notify_one).
    pub fn notify_all(&self) -> Result<()> {
        self.notify(usize::MAX)
    }

    /// Releases the lock, and tells whether it was held all the time.
    ///
    /// # Errors
    /// [`LeaseLost`](MultiprocessingError::LeaseLost) if it was not.
    pub fn release(mut self) -> Result<()> {
        match self.held.take() {
            Some(held) => held.release(),
            None => Err(MultiprocessingError::LeaseLost { what: WHAT }),
        }
    }
}
