//! One lane as the dispatcher sees it.

use std::collections::{HashSet, VecDeque};

use tokio::task::AbortHandle;
use tokio::time::{Duration, Instant};

use crate::ports::{Lane, Running, WorkerProfile};
use crate::wire::{CallInput, CallRange, Input, ToWorker};

/// A worker that has calls and says nothing for this long is at a long one.
const LONG: Duration = Duration::from_millis(10);

/// So many jobs that are over a worker may keep in mind until it gets calls of another.
const FORGOTTEN_LATE: usize = 16;

/// One lane: what its worker has been sent and has not answered.
#[derive(Debug)]
pub(super) struct LaneState {
    /// The way to the worker; `None` while it is being opened.
    pub(super) control: Option<Box<dyn Lane>>,
    pub(super) profile: WorkerProfile,
    /// Jobs whose head the worker has.
    pub(super) knows: HashSet<u32>,
    /// Jobs of those that are over, which the worker has not been told.
    over: Vec<u32>,
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
    /// Since when it has no calls, if it has none.
    pub(super) idle_since: Instant,
    /// Ends its opening, if that is still under way.
    pub(super) opening: Option<AbortHandle>,
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
            over: Vec::new(),
            sent: VecDeque::new(),
            bytes: 0,
            heard: Instant::now(),
            up: false,
            recalled: false,
            recalls: 0,
            alone: false,
            idle_since: Instant::now(),
            opening: None,
        }
    }

    /// Takes note of a job that is over. The worker is told with the calls of the next job, so that it is
    /// not woken for that alone; at once of one that holds memory there, or of many.
    pub(super) fn job_is_over(&mut self, ticket: u32, holds_memory: bool) {
        if self.knows.remove(&ticket) {
            self.over.push(ticket);
            if holds_memory || self.over.len() > FORGOTTEN_LATE {
                self.tell_what_is_over();
            }
        }
    }

    /// Tells the worker of the jobs that are over.
    pub(super) fn tell_what_is_over(&mut self) {
        if let Some(control) = &mut self.control {
            self.over.drain(..).for_each(|ticket| control.send(ToWorker::Forget { ticket }));
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
        self.idle_since = Instant::now();
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
        self.idle_since = Instant::now();
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

    /// Keeps which jobs the worker is told to forget.
    #[derive(Clone, Debug, Default)]
    struct Told(std::sync::Arc<std::sync::Mutex<Vec<u32>>>);

    impl Told {
        fn tickets(&self) -> Vec<u32> {
            self.0.lock().map(|told| told.clone()).unwrap_or_default()
        }
    }

    impl Lane for Told {
        fn send(&mut self, message: ToWorker) {
            if let (ToWorker::Forget { ticket }, Ok(mut told)) = (message, self.0.lock()) {
                told.push(ticket);
            }
        }

        fn kill(&mut self) {}
    }

    #[test]
    fn a_worker_is_told_of_jobs_that_are_over_with_the_next_calls_unless_they_hold_memory() {
        let (mut lane, told) = (LaneState::opening(WorkerProfile::default()), Told::default());
        lane.control = Some(Box::new(told.clone()));
        lane.knows.extend(0..100);
        for ticket in 0..FORGOTTEN_LATE as u32 {
            lane.job_is_over(ticket, false);
        }
        lane.job_is_over(100, true);
        assert_eq!(told.tickets(), [], "it does not know job 100");
        lane.job_is_over(50, false);
        assert_eq!(told.tickets().len(), FORGOTTEN_LATE + 1);
        lane.job_is_over(51, false);
        lane.job_is_over(52, true);
        assert_eq!(told.tickets()[FORGOTTEN_LATE + 1..], [51, 52]);
        lane.job_is_over(53, false);
        lane.tell_what_is_over();
        assert_eq!(told.tickets().last(), Some(&53));
        assert_eq!(lane.knows.len(), 100 - FORGOTTEN_LATE - 4);
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
