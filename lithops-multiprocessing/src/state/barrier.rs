//! A place where a number of parties wait for each other.

use serde::{Deserialize, Serialize};

use crate::place::{Turn, Wake};

/// A place where a number of parties wait for each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BarrierState {
    pub(crate) parties: usize,
    pub(crate) is_broken: bool,
    arrived: Vec<Party>,
    /// Those who may go on, until they have seen it.
    passed: Vec<Party>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Party {
    name: String,
    until: Option<u64>,
}

/// What has become of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// All are there.
    Passed,
    /// Some are missing.
    Waiting,
    /// The barrier is broken, or was reset.
    Broken,
}

impl BarrierState {
    pub(crate) fn new(parties: usize) -> Self {
        Self { parties, is_broken: false, arrived: Vec::new(), passed: Vec::new() }
    }

    /// Arrives; gives how many were there before, and what has become of it. The same done twice is
    /// done once.
    pub(crate) fn arrive(&mut self, name: &str, turn: &mut Turn) -> (usize, Arrival) {
        self.look_after(turn);
        if let Some(place) = self.arrived.iter().position(|party| party.name == name) {
            return (place, Arrival::Waiting);
        }
        let before = self.arrived.len();
        if self.is_broken {
            return (before, Arrival::Broken);
        }
        if before + 1 == self.parties {
            self.passed.append(&mut self.arrived);
            turn.wake = Wake::All;
            return (before, Arrival::Passed);
        }
        self.arrived.push(Party { name: name.to_owned(), until: turn.until() });
        (before, Arrival::Waiting)
    }

    /// What has become of an arrival; says that whoever arrived is still there.
    pub(crate) fn look(&mut self, name: &str, turn: &mut Turn) -> Arrival {
        if let Some(party) = self.arrived.iter_mut().find(|party| party.name == name) {
            party.until = turn.renewed(party.until);
        }
        self.look_after(turn);
        let waits = self.arrived.iter().any(|party| party.name == name);
        let before = self.passed.len();
        self.passed.retain(|party| party.name != name);
        if self.passed.len() < before {
            return Arrival::Passed;
        }
        if waits { Arrival::Waiting } else { Arrival::Broken }
    }

    /// Goes away without the others, who can't be all there any more: this breaks the barrier.
    pub(crate) fn leave(&mut self, name: &str, turn: &mut Turn) {
        self.passed.retain(|party| party.name != name);
        if self.arrived.iter().any(|party| party.name == name) {
            self.abort(turn);
        }
    }

    /// Breaks the barrier: those who wait, and those who come, are told.
    pub(crate) fn abort(&mut self, turn: &mut Turn) {
        self.is_broken = true;
        self.arrived.clear();
        turn.wake = Wake::All;
    }

    /// Makes it whole; those who wait are told that it broke.
    pub(crate) fn reset(&mut self, turn: &mut Turn) {
        self.is_broken = false;
        self.arrived.clear();
        turn.wake = Wake::All;
    }

    pub(crate) fn waiting(&mut self, turn: &mut Turn) -> usize {
        self.look_after(turn);
        self.arrived.len()
    }

    /// Breaks the barrier if somebody who waited there has died: it would never be full.
    fn look_after(&mut self, turn: &mut Turn) {
        self.passed.retain(|party| turn.holds(party.until));
        if self.arrived.iter().any(|party| !turn.holds(party.until)) {
            self.abort(turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_to_arrive_lets_all_go() {
        let mut barrier = BarrierState::new(2);
        let turn = &mut Turn::at(0);
        assert_eq!(barrier.arrive("a", turn), (0, Arrival::Waiting));
        assert_eq!(barrier.look("a", turn), Arrival::Waiting);
        assert_eq!(barrier.arrive("b", turn), (1, Arrival::Passed));
        // The next round begins before the first one has been seen by all.
        assert_eq!(barrier.arrive("c", turn), (0, Arrival::Waiting));
        assert_eq!(barrier.look("a", turn), Arrival::Passed);
        assert_eq!(barrier.look("c", turn), Arrival::Waiting);
    }

    #[test]
    fn a_reset_tells_those_who_wait_and_lets_others_in() {
        let mut barrier = BarrierState::new(2);
        let turn = &mut Turn::at(0);
        barrier.arrive("a", turn);
        barrier.reset(turn);
        assert_eq!(barrier.arrive("b", turn), (0, Arrival::Waiting));
        assert_eq!(barrier.look("a", turn), Arrival::Broken);
        assert!(!barrier.is_broken);
    }

    #[test]
    fn who_arrives_twice_under_one_name_is_one_party() {
        let mut barrier = BarrierState::new(2);
        let turn = &mut Turn::at(0);
        assert_eq!(barrier.arrive("a", turn), (0, Arrival::Waiting));
        assert_eq!(barrier.arrive("a", turn), (0, Arrival::Waiting));
        assert_eq!(barrier.waiting(turn), 1);
    }

    #[test]
    fn a_party_that_leaves_breaks_it() {
        let mut barrier = BarrierState::new(3);
        let turn = &mut Turn::at(0);
        barrier.arrive("a", turn);
        barrier.arrive("b", turn);
        turn.wake = Wake::Nobody;
        barrier.leave("a", turn);
        assert_eq!((turn.wake, barrier.is_broken), (Wake::All, true));
        assert_eq!(barrier.look("b", turn), Arrival::Broken);
    }

    #[test]
    fn a_look_changes_nothing_while_two_thirds_of_the_lease_are_left() {
        let mut barrier = BarrierState::new(3);
        barrier.arrive("a", &mut Turn::at(0));
        let arrived = barrier.clone();
        barrier.look("a", &mut Turn::at(3));
        assert_eq!(barrier, arrived);
        barrier.look("a", &mut Turn::at(4));
        assert_ne!(barrier, arrived);
        assert_eq!(barrier.look("a", &mut Turn::at(13)), Arrival::Waiting);
    }

    #[test]
    fn a_party_that_died_breaks_it() {
        let mut barrier = BarrierState::new(3);
        barrier.arrive("dead", &mut Turn::at(0));
        barrier.arrive("alive", &mut Turn::at(5));
        assert_eq!(barrier.look("alive", &mut Turn::at(12)), Arrival::Broken);
        assert!(barrier.is_broken);
        assert_eq!(barrier.arrive("late", &mut Turn::at(13)).1, Arrival::Broken);
    }
}
