//! One lane as the dispatcher sees it.

use std::collections::{HashSet, VecDeque};

use tokio::time::{Duration, Instant};

use crate::ports::{Lane, Running, WorkerProfile};
use crate::wire::{CallInput, CallRange, Input};

/// A worker that has calls and says nothing for this long is at a long one.
const LONG: Duration = Duration::from_millis(10);

/// One lane: what its worker has been sent and has not answered.
#[derive(Debug)]
pub(super) struct LaneState {
    /// The way to the worker; `None` while it is being opened.
    pub(super) control: Option<Box<dyn Lane>>,
    pub(super) profile: WorkerProfile,
    /// Jobs whose head the worker has.
    pub(super) knows: HashSet<u32>,
    /// Calls that were sent, in the order in which the worker runs them.
    sent: VecDeque<Sent>,
    bytes: u64,
    /// When the worker was last heard of, or was started.
    pub(super) heard: Instant,
    /// Whether it has said anything at all.
    pub(super) up: bool,
    /// Whether a recall is under way.
    pub(super) recalled: bool,
    /// Recalls that it has not answered. One that gives back what nobody wants back could have a
    /// call run for ever.
    pub(super) recalls: u32,
    /// Whether the one call it has must have no neighbour.
    pub(super) alone: bool,
}

/// A call that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) ticket: u32,
    pub(super) index: u32,
    pub(super) attempt: u32,
    bytes: u64,
}

impl LaneState {
    pub(super) fn opening(profile: WorkerProfile) -> Self {
        Self {
            control: None,
            profile,
            knows: HashSet::new(),
            sent: VecDeque::new(),
            bytes: 0,
            heard: Instant::now(),
            up: false,
            recalled: false,
            recalls: 0,
            alone: false,
        }
    }

    /// Notes calls that are about to be sent.
    pub(super) fn note(&mut self, ticket: u32, calls: &[CallInput]) {
        for call in calls {
            let bytes = match &call.input {
                Input::One(payload) => payload.len(),
                Input::Many(payloads) => payloads.iter().map(|payload| payload.len()).sum(),
            };
            self.bytes += bytes;
            self.sent.push_back(Sent { ticket, index: call.index, attempt: call.attempt, bytes });
        }
    }

    /// The call that its worker runs, or is about to.
    pub(super) fn first(&self) -> Option<Running> {
        let sent = self.sent.front()?;
        Some(Running { ticket: sent.ticket, index: sent.index, attempt: sent.attempt })
    }

    /// Strikes an answered call; gives whether it was sent here.
    pub(super) fn strike(&mut self, ticket: u32, index: u32, attempt: u32) -> bool {
        // Workers answer in order, so this looks at the first one nearly always.
        let place = self
            .sent
            .iter()
            .position(|s| (s.ticket, s.index, s.attempt) == (ticket, index, attempt));
        let Some(sent) = place.and_then(|place| self.sent.remove(place)) else { return false };
        self.bytes -= sent.bytes;
        true
    }

    /// Strikes calls that came back not begun, and gives those that were sent here, in their order.
    pub(super) fn take_back(&mut self, ticket: u32, calls: CallRange) -> Vec<u32> {
        let range = calls.indices();
        let (mut freed, mut back) = (0, Vec::new());
        self.sent.retain(|sent| {
            let returned = sent.ticket == ticket && range.contains(&sent.index);
            if returned {
                freed += sent.bytes;
                back.push(sent.index);
            }
            !returned
        });
        self.bytes -= freed;
        back
    }

    /// Empties the lane, for one whose worker is gone.
    pub(super) fn drain(&mut self) -> Vec<Sent> {
        self.bytes = 0;
        self.sent.drain(..).collect()
    }

    /// Whether the worker is at a call that takes long, so that what waits behind it had better go
    /// elsewhere.
    pub(super) fn is_stalled(&self, now: Instant) -> bool {
        !self.sent.is_empty() && now.duration_since(self.heard) >= LONG
    }

    pub(super) fn in_flight(&self) -> usize {
        self.sent.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn is_idle(&self) -> bool {
        self.sent.is_empty()
    }

    pub(super) fn works_for(&self, ticket: u32) -> bool {
        self.sent.iter().any(|sent| sent.ticket == ticket)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::wire::Payload;

    fn lane(indices: &[u32]) -> LaneState {
        let mut lane = LaneState::opening(WorkerProfile::default());
        let input = Input::One(Payload::Inline(Bytes::from_static(b"12")));
        let call = |index: &u32| CallInput { index: *index, attempt: 1, input: input.clone() };
        lane.note(7, &indices.iter().map(call).collect::<Vec<_>>());
        lane
    }

    #[test]
    fn a_worker_gives_back_only_what_it_has() {
        let mut lane = lane(&[4, 5, u32::MAX]);
        assert_eq!(lane.take_back(8, CallRange { first: 0, count: u32::MAX }), []);
        assert_eq!(lane.take_back(7, CallRange { first: 5, count: u32::MAX }), [5]);
        assert_eq!((lane.in_flight(), lane.bytes()), (2, 4));
    }

    #[test]
    fn a_report_of_a_call_that_was_not_sent_here_strikes_nothing() {
        let mut lane = lane(&[4]);
        for (ticket, index, attempt) in [(8, 4, 1), (7, 5, 1), (7, 4, 2)] {
            assert!(!lane.strike(ticket, index, attempt));
        }
        assert!(lane.strike(7, 4, 1));
        assert!(!lane.strike(7, 4, 1));
        assert_eq!((lane.in_flight(), lane.bytes()), (0, 0));
    }
}
