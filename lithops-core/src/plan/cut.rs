//! Cutting one part out of an object: from the first record that begins in its range to the first
//! that begins after it.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;

use super::{Automaton, Boundary};
use crate::wire::Records;

/// Cuts one part out of an object's bytes, fed in order piece by piece; shares them.
#[derive(Debug)]
pub struct Cut {
    start: Boundary,
    end: Boundary,
    /// Where the next bytes fed stand.
    position: u64,
    /// Bytes that may or may not be part of it.
    held: VecDeque<Bytes>,
    held_from: u64,
}

impl Cut {
    /// How many bytes before a range are read at most, whatever the format.
    pub const LOOK_BEHIND: u64 = Automaton::LONGEST as u64;

    /// Prepares to cut the records that begin in `range` out of an object of `size` bytes.
    ///
    /// `entry` and `exit` are the states of the format's [`Automaton`](super::Automaton) at the
    /// range's ends, for formats that have one.
    pub fn new(records: &Records, range: &Range<u64>, size: u64, entry: u32, exit: u32) -> Self {
        let start = Boundary::new(records, range.start, entry);
        let end = if range.end >= size {
            // Nothing begins after the last byte.
            Boundary::new(&Records::Bytes, size, 0)
        } else {
            Boundary::new(records, range.end, exit)
        };
        let position = start.found().map_or(start.from(), |found| found.min(size));
        Self { start, end, position, held: VecDeque::new(), held_from: position }
    }

    /// Where the bytes to be fed begin.
    pub fn from(&self) -> u64 {
        self.position
    }

    /// Up to where bytes are certainly needed.
    pub fn needed(&self) -> u64 {
        self.end.found().unwrap_or(self.end.from()).max(self.position)
    }

    /// Whether all of the part was given.
    pub fn is_done(&self) -> bool {
        // A search that goes on past the range finds its beginning and its end at once.
        match (self.start.found(), self.end.found()) {
            (Some(start), Some(end)) => start >= end || self.held_from >= end,
            _ => false,
        }
    }

    /// Takes the next bytes, and gives those that certainly belong to the part.
    pub fn feed(&mut self, bytes: Bytes, part: &mut Vec<Bytes>) {
        let from = self.position;
        self.position += bytes.len() as u64;
        if self.start.found().is_none() {
            self.start.feed(&bytes);
        }
        if self.end.found().is_none() && self.position > self.end.from() {
            let skip = self.end.from().saturating_sub(from) as usize;
            self.end.feed(&bytes[skip..]);
        }
        self.held.push_back(bytes);
        self.give(part);
    }

    /// Takes note that the object has no more bytes, and gives the rest of the part.
    pub fn finish(&mut self, part: &mut Vec<Bytes>) {
        if self.start.found().is_some() {
            let end = self.end.found().unwrap_or(self.position);
            self.release(end, part);
        }
    }

    fn give(&mut self, part: &mut Vec<Bytes>) {
        let Some(start) = self.start.found() else {
            // What comes before a possible beginning is of no use any more.
            self.drop_until(self.start.certain());
            return;
        };
        self.drop_until(start);
        let certain = self.end.found().unwrap_or_else(|| {
            // Before the end's search has begun, all bytes belong to the part.
            if self.position <= self.end.from() { self.position } else { self.end.certain() }
        });
        self.release(certain, part);
    }

    fn drop_until(&mut self, place: u64) {
        let mut dropped = Vec::new();
        self.release(place, &mut dropped);
    }

    /// Moves what is held before `place` to `part`.
    fn release(&mut self, place: u64, part: &mut Vec<Bytes>) {
        while self.held_from < place {
            let Some(mut bytes) = self.held.pop_front() else { return };
            let count = (place - self.held_from).min(bytes.len() as u64);
            let given = bytes.split_to(count as usize);
            self.held_from += count;
            if !bytes.is_empty() {
                self.held.push_front(bytes);
            }
            if !given.is_empty() {
                part.push(given);
            }
        }
    }
}
