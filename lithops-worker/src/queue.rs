//! Calls that a worker was sent and has not begun.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use lithops_core::wire::{CallInput, CallRange, JobHead, ToWorker};

/// Calls that a worker was sent and has not begun; any of them can be taken back.
#[derive(Debug, Default)]
pub struct Queue {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    closed: bool,
}

/// Something for the executing thread to do.
#[derive(Debug)]
pub(crate) enum Item {
    Job(Box<JobHead>),
    Call(u32, CallInput),
    Forget(u32),
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a message of the client; gives what a recall takes back.
    pub fn push(&self, message: ToWorker) -> Option<Vec<(u32, CallRange)>> {
        let mut state = self.state();
        match message {
            ToWorker::Job(head) => state.items.push_back(Item::Job(head)),
            ToWorker::Run { ticket, calls } => {
                state.items.extend(calls.into_iter().map(|call| Item::Call(ticket, call)));
            }
            ToWorker::Forget { ticket } => state.items.push_back(Item::Forget(ticket)),
            // It is for those who read the object that it stands in.
            ToWorker::Shares(_) => {}
            ToWorker::Recall => return Some(take_back(&mut state.items)),
        }
        drop(state);
        self.filled.notify_one();
        None
    }

    /// Says that nothing more will come; what is queued is not begun.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.items.clear();
        drop(state);
        self.filled.notify_all();
    }

    /// The next thing to do, if there is one now.
    pub(crate) fn try_pop(&self) -> Option<Item> {
        self.state().items.pop_front()
    }

    /// The next thing to do; `None` once the queue is closed.
    pub(crate) fn pop(&self) -> Option<Item> {
        let mut state = self.state();
        loop {
            if let Some(item) = state.items.pop_front() {
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Removes the calls, and gives them as runs of neighbours.
fn take_back(items: &mut VecDeque<Item>) -> Vec<(u32, CallRange)> {
    let mut taken: Vec<(u32, CallRange)> = Vec::new();
    items.retain(|item| {
        let Item::Call(ticket, call) = item else { return true };
        match taken.last_mut() {
            Some((of, range)) if of == ticket && range.first + range.count == call.index => {
                range.count += 1;
            }
            _ => taken.push((*ticket, CallRange { first: call.index, count: 1 })),
        }
        false
    });
    taken
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use lithops_core::wire::{Input, Payload};

    use super::*;

    fn run(ticket: u32, indices: &[u32]) -> ToWorker {
        let call = |index: &u32| CallInput {
            index: *index,
            attempt: 1,
            input: Input::One(Payload::Inline(Bytes::new())),
        };
        ToWorker::Run { ticket, calls: indices.iter().map(call).collect() }
    }

    #[test]
    fn a_recall_takes_back_what_has_not_begun_and_nothing_else() {
        let queue = Queue::default();
        queue.push(run(1, &[4, 5, 6, 9]));
        queue.push(ToWorker::Forget { ticket: 0 });
        queue.push(run(2, &[10]));
        assert!(matches!(queue.try_pop(), Some(Item::Call(1, call)) if call.index == 4));
        let range = |first, count| CallRange { first, count };
        assert_eq!(
            queue.push(ToWorker::Recall),
            Some(vec![(1, range(5, 2)), (1, range(9, 1)), (2, range(10, 1))])
        );
        assert!(matches!(queue.try_pop(), Some(Item::Forget(0))));
        assert!(queue.try_pop().is_none());
    }
}
