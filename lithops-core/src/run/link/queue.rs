//! The calls of a job that wait for a worker.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use tokio::time::Instant;

use crate::plan::{JobInputs, PlannedJob};
use crate::wire::CallRange;

/// The calls of a job that wait for a worker.
#[derive(Debug)]
pub(super) struct Queue {
    ready: VecDeque<CallRange>,
    later: BinaryHeap<Reverse<(Instant, u32)>>,
}

impl Queue {
    /// All chunks of a job whose arguments are here; none of one whose arguments come later.
    pub(super) fn new(plan: &PlannedJob) -> Self {
        let ready = match plan.inputs {
            JobInputs::Ready(_) => plan.chunks.iter().copied().collect(),
            JobInputs::Supplied(_) => VecDeque::new(),
        };
        Self { ready, later: BinaryHeap::new() }
    }

    /// Takes the next calls: a chunk, or its first `most` calls.
    pub(super) fn pop(&mut self, most: u32) -> Option<CallRange> {
        let chunk = self.ready.front_mut()?;
        if chunk.count <= most {
            return self.ready.pop_front();
        }
        let taken = CallRange { first: chunk.first, count: most };
        chunk.first += most;
        chunk.count -= most;
        Some(taken)
    }

    pub(super) fn push_back(&mut self, calls: CallRange) {
        self.ready.push_back(calls);
    }

    /// Calls that were sent and not begun go first again.
    pub(super) fn push_front(&mut self, calls: CallRange) {
        self.ready.push_front(calls);
    }

    pub(super) fn push_later(&mut self, when: Instant, index: u32) {
        self.later.push(Reverse((when, index)));
    }

    /// Moves calls whose wait is over to the front.
    pub(super) fn ripen(&mut self, now: Instant) {
        while let Some(Reverse((when, index))) = self.later.peek().copied() {
            if when > now {
                return;
            }
            self.later.pop();
            self.ready.push_front(CallRange { first: index, count: 1 });
        }
    }

    /// When the next wait is over.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.later.peek().map(|Reverse((when, _))| *when)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// How many portions wait: a bound on the workers that have something to do.
    pub(super) fn portions(&self) -> usize {
        self.ready.len()
    }

    pub(super) fn clear(&mut self) {
        self.ready.clear();
        self.later.clear();
    }
}
