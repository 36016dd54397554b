//! A lock, and those who wait to be notified.

use serde::{Deserialize, Serialize};

use super::{Holding, Permits};
use crate::place::{Turn, Wake};

/// A lock, and those who wait to be notified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConditionState {
    pub(crate) lock: Permits,
    waiting: Vec<Waiting>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Waiting {
    name: String,
    is_notified: bool,
    until: Option<u64>,
}

impl ConditionState {
    pub(crate) fn new() -> Self {
        Self { lock: Permits::new(1), waiting: Vec::new() }
    }

    /// Gives the lock back and waits from now on; gives how often it was acquired, 0 if it was lost.
    pub(crate) fn begin(&mut self, name: &str, token: u64, turn: &mut Turn) -> u32 {
        let count = self.lock.release_all(token, turn);
        turn.wake = Wake::All;
        if count > 0 {
            let until = turn.until();
            self.waiting.push(Waiting { name: name.to_owned(), is_notified: false, until });
        }
        count
    }

    /// Whether whoever waits under this name was notified; says that it is still there.
    pub(crate) fn is_notified(&mut self, name: &str, turn: &Turn) -> bool {
        match self.waiting.iter_mut().find(|waiting| waiting.name == name) {
            Some(waiting) => {
                waiting.until = turn.renewed(waiting.until);
                waiting.is_notified
            }
            None => false,
        }
    }

    /// Ends a wait.
    pub(crate) fn end(&mut self, name: &str) {
        self.waiting.retain(|waiting| waiting.name != name);
    }

    /// Ends the wait of somebody who does not come back; if it was notified, the next one is instead.
    pub(crate) fn give_up(&mut self, name: &str, turn: &mut Turn) {
        let was_notified =
            self.waiting.iter().any(|waiting| waiting.name == name && waiting.is_notified);
        self.end(name);
        if was_notified {
            self.notify(1, turn);
        }
    }

    /// Notifies those who have waited longest, `count` of them at the most.
    pub(crate) fn notify(&mut self, count: usize, turn: &mut Turn) {
        self.waiting.retain(|waiting| turn.holds(waiting.until));
        let waiting = self.waiting.iter_mut().filter(|waiting| !waiting.is_notified);
        for waiting in waiting.take(count) {
            waiting.is_notified = true;
        }
        turn.wake = Wake::All;
    }

    /// Acquires the lock again, as it was before the wait; gives whether it could.
    pub(crate) fn again(&mut self, before: &Holding, turn: &mut Turn) -> bool {
        let is_free = self.lock.restore(before, turn);
        turn.wake = Wake::Nobody;
        is_free
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn those_who_waited_longest_are_notified_and_the_dead_are_passed_over() {
        let mut state = ConditionState::new();
        for (name, now) in [("dead", 0), ("first", 5), ("second", 6)] {
            let turn = &mut Turn::at(now);
            let token = state.lock.acquire(turn).unwrap();
            assert_eq!(state.begin(name, token, turn), 1);
        }
        let turn = &mut Turn::at(12);
        state.notify(1, turn);
        assert_eq!(turn.wake, Wake::All);
        assert!(state.is_notified("first", turn));
        assert!(!state.is_notified("second", turn));
        assert!(!state.is_notified("dead", turn));
    }

    #[test]
    fn who_gives_up_leaves_its_notice_to_the_next() {
        let mut state = ConditionState::new();
        let turn = &mut Turn::at(0);
        for name in ["first", "second", "third"] {
            let token = state.lock.acquire(turn).unwrap();
            assert_eq!(state.begin(name, token, turn), 1);
        }
        state.give_up("second", turn);
        assert!(!state.is_notified("first", turn));
        state.notify(1, turn);
        assert!(state.is_notified("first", turn));
        state.give_up("first", turn);
        assert!(state.is_notified("third", turn));
    }

    #[test]
    fn who_has_lost_the_lock_can_not_wait() {
        let mut state = ConditionState::new();
        let token = state.lock.acquire(&mut Turn::at(0)).unwrap();
        assert_eq!(state.begin("late", token, &mut Turn::at(10)), 0);
    }
}
