//! Permits of which a number can be held at once: locks and semaphores.

use serde::{Deserialize, Serialize};

use crate::place::{Turn, Wake};

/// Who holds a lock that can be acquired again by its holder: a process and a thread of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    pub(crate) process: u64,
    pub(crate) thread: u64,
}

/// What a holder had, to have it again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holding {
    pub(crate) token: u64,
    pub(crate) owner: Owner,
    /// How often it was acquired.
    pub(crate) count: u32,
}

/// Permits of which a number can be held at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Permits {
    /// How many there are.
    capacity: u32,
    /// Held by nobody in particular: no death gives them back.
    detached: u32,
    /// The last token that was given out; each is greater than those before it.
    token: u64,
    holders: Vec<Holder>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Holder {
    token: u64,
    owner: Option<Owner>,
    /// How often the owner has acquired it.
    count: u32,
    until: Option<u64>,
}

impl Permits {
    pub(crate) fn new(capacity: u32) -> Self {
        Self { capacity, detached: 0, token: 0, holders: Vec::new() }
    }

    /// How many can be acquired now.
    pub(crate) fn available(&self, turn: &Turn) -> u32 {
        let held = self.holders.iter().filter(|holder| turn.holds(holder.until)).count();
        let held = u32::try_from(held).unwrap_or(u32::MAX).saturating_add(self.detached);
        self.capacity.saturating_sub(held)
    }

    /// Takes one if there is one, and gives its token; an owner that has one gets the same again.
    pub(crate) fn acquire_as(&mut self, owner: Option<Owner>, turn: &mut Turn) -> Option<u64> {
        let until = turn.until();
        self.holders.retain(|holder| turn.holds(holder.until));
        let own = self.holders.iter_mut().find(|holder| owner.is_some() && holder.owner == owner);
        if let Some(own) = own {
            own.count += 1;
            own.until = until;
            return Some(own.token);
        }
        if self.available(turn) == 0 {
            return None;
        }
        self.token += 1;
        self.holders.push(Holder { token: self.token, owner, count: 1, until });
        if self.available(turn) > 0 {
            // Who was woken takes one, and hands the word on.
            turn.wake = Wake::One;
        }
        Some(self.token)
    }

    /// Takes one if there is one, with the token that its holder had before.
    pub(crate) fn restore(&mut self, before: &Holding, turn: &Turn) -> bool {
        self.holders.retain(|holder| turn.holds(holder.until));
        let is_free = self.available(turn) > 0;
        if is_free {
            let Holding { token, owner, count } = *before;
            self.holders.push(Holder { token, owner: Some(owner), count, until: turn.until() });
        }
        is_free
    }

    /// Whether the owner has one, or could.
    pub(crate) fn is_open_to(&self, owner: Owner, turn: &Turn) -> bool {
        let mut held = self.holders.iter().filter(|holder| turn.holds(holder.until));
        held.any(|holder| holder.owner == Some(owner)) || self.available(turn) > 0
    }

    /// Whether the token still holds a permit.
    pub(crate) fn holds(&self, token: u64, turn: &Turn) -> bool {
        self.holders.iter().any(|holder| holder.token == token && turn.holds(holder.until))
    }

    /// Gives back what the token holds, once; gives whether it still held it.
    pub(crate) fn release(&mut self, token: u64, turn: &mut Turn) -> bool {
        let held = self.holds(token, turn);
        let Some(holder) = self.holders.iter_mut().find(|holder| holder.token == token) else {
            return false;
        };
        holder.count -= 1;
        if !held || holder.count == 0 {
            self.holders.retain(|holder| holder.token != token);
            turn.wake = Wake::One;
        }
        held
    }

    /// Gives back all that the token holds, and gives how often it was acquired; 0 if it holds
    /// nothing any more.
    pub(crate) fn release_all(&mut self, token: u64, turn: &mut Turn) -> u32 {
        let held = self.holders.iter().find(|holder| holder.token == token);
        let count = held.filter(|holder| turn.holds(holder.until)).map_or(0, |holder| holder.count);
        self.holders.retain(|holder| holder.token != token);
        turn.wake = Wake::One;
        count
    }

    /// Says that whoever holds the token is still there; gives whether it still holds it.
    pub(crate) fn renew(&mut self, token: u64, turn: &Turn) -> bool {
        let until = turn.until();
        let held = self.holders.iter_mut().find(|holder| holder.token == token);
        match held.filter(|holder| turn.holds(holder.until)) {
            Some(holder) => {
                holder.until = until;
                true
            }
            None => false,
        }
    }

    /// Leaves a permit taken when its holder goes; gives whether it still held it.
    pub(crate) fn detach(&mut self, token: u64, turn: &Turn) -> bool {
        let held = self.holds(token, turn);
        self.holders.retain(|holder| holder.token != token);
        self.detached += u32::from(held);
        held
    }

    /// Adds a permit: one that was detached, or, where `grows`, a new one. Gives whether it did.
    pub(crate) fn add(&mut self, grows: bool, turn: &mut Turn) -> bool {
        if self.detached > 0 {
            self.detached -= 1;
        } else if grows {
            self.capacity = self.capacity.saturating_add(1);
        } else {
            return false;
        }
        turn.wake = Wake::One;
        true
    }
}

#[cfg(test)]
impl Permits {
    pub(crate) fn acquire(&mut self, turn: &mut Turn) -> Option<u64> {
        self.acquire_as(None, turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_held_as_there_are() {
        let mut permits = Permits::new(2);
        let turn = &mut Turn::at(0);
        assert_eq!(permits.acquire(turn), Some(1));
        assert_eq!(turn.wake, Wake::One, "another one is left for whoever waits");
        assert_eq!(permits.acquire(turn), Some(2));
        assert_eq!(permits.acquire(turn), None);
        assert!(permits.release(1, turn));
        assert_eq!(permits.acquire(turn), Some(3));
    }

    #[test]
    fn a_holder_that_is_not_heard_of_loses_it_and_is_told() {
        let mut permits = Permits::new(1);
        assert_eq!(permits.acquire(&mut Turn::at(0)), Some(1));
        assert_eq!(permits.acquire(&mut Turn::at(9)), None);
        assert!(permits.renew(1, &Turn::at(9)));
        assert_eq!(permits.acquire(&mut Turn::at(18)), None);
        assert_eq!(permits.acquire(&mut Turn::at(19)), Some(2));
        assert!(!permits.release(1, &mut Turn::at(20)), "it is another's now");
        assert!(permits.holds(2, &Turn::at(20)));
    }

    #[test]
    fn a_lease_that_is_over_is_lost_even_if_nobody_has_taken_it() {
        let mut permits = Permits::new(1);
        assert_eq!(permits.acquire(&mut Turn::at(0)), Some(1));
        assert!(!permits.renew(1, &Turn::at(10)));
        assert!(!permits.release(1, &mut Turn::at(10)));
        assert_eq!(permits.available(&Turn::at(10)), 1);
    }

    #[test]
    fn an_owner_gives_back_as_often_as_it_took() {
        let mut permits = Permits::new(1);
        let turn = &mut Turn::at(0);
        let owner = |thread| Some(Owner { process: 1, thread });
        assert_eq!(permits.acquire_as(owner(1), turn), Some(1));
        assert_eq!(permits.acquire_as(owner(1), turn), Some(1));
        assert!(permits.release(1, turn));
        assert_eq!(permits.acquire_as(owner(2), turn), None);
        assert!(permits.release(1, turn));
        assert_eq!(permits.acquire_as(owner(2), turn), Some(2));
    }

    #[test]
    fn only_what_was_detached_can_be_given_back_by_anybody() {
        let mut permits = Permits::new(1);
        let turn = &mut Turn::at(0);
        assert!(!permits.add(false, turn));
        assert_eq!(permits.acquire(turn), Some(1));
        assert!(permits.detach(1, turn));
        assert_eq!(permits.available(&Turn::at(1000)), 0, "no death gives it back");
        assert!(permits.add(false, turn));
        assert_eq!(permits.available(turn), 1);
        assert!(permits.add(true, turn));
        assert_eq!(permits.available(turn), 2);
    }
}
