//! What a worker has to say and has not said.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lithops_core::wire::{FromWorker, Report};

/// Where messages go.
pub trait Destination: Send + Sync {
    /// Sends messages, in order; gives whether they got out.
    ///
    /// Called by one thread at a time.
    fn send(&self, messages: Vec<FromWorker>) -> bool;

    /// How long a report may wait for others to share a message with.
    fn patience(&self) -> Duration;
}

/// What a worker has to say and has not said.
///
/// Reports are sent when there is nothing else to do, when many have come together, or when the
/// first of them has waited long enough; the [`Supervisor`](crate::Supervisor) sees to the last.
pub struct Outbox {
    state: Mutex<State>,
    destination: Box<dyn Destination>,
    /// Held while sending, so that messages leave in the order in which they were taken.
    sending: Mutex<()>,
    patience: Duration,
}

/// Reports of this number are sent at once.
const MANY: usize = 1024;
/// Results of this size are sent at once.
const LARGE: u64 = 256 * 1024;

#[derive(Default)]
struct State {
    batches: Vec<(u32, Vec<Report>)>,
    count: usize,
    bytes: u64,
    since: Option<Instant>,
    shut: bool,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").field("waiting", &self.state().count).finish_non_exhaustive()
    }
}

impl Outbox {
    /// An empty outbox.
    pub fn new(destination: impl Destination + 'static) -> Self {
        let patience = destination.patience();
        let destination = Box::new(destination);
        Self { state: Mutex::default(), destination, sending: Mutex::new(()), patience }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a report, at the time `now`, and sends if that is due.
    pub fn push(&self, ticket: u32, report: Report, now: Instant) {
        let mut state = self.state();
        state.count += 1;
        state.bytes += report.outcome.as_ref().map_or(0, |payload| payload.len());
        let since = *state.since.get_or_insert(now);
        match state.batches.last_mut() {
            Some((of, reports)) if *of == ticket => reports.push(report),
            _ => state.batches.push((ticket, vec![report])),
        }
        let due = state.count >= MANY
            || state.bytes >= LARGE
            || now.duration_since(since) >= self.patience;
        drop(state);
        if due {
            self.flush();
        }
    }

    /// Sends what waits, if the first of it has waited long enough.
    pub(crate) fn flush_if_due(&self, now: Instant) {
        let since = self.state().since;
        if since.is_some_and(|since| now.saturating_duration_since(since) >= self.patience) {
            self.flush();
        }
    }

    /// Sends what waits; gives whether it got out.
    pub fn flush(&self) -> bool {
        let _sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        let batches = {
            let mut state = self.state();
            if state.shut {
                return false;
            }
            state.count = 0;
            state.bytes = 0;
            state.since = None;
            std::mem::take(&mut state.batches)
        };
        if batches.is_empty() {
            return true;
        }
        let reports = |(ticket, reports)| FromWorker::Reports { ticket, reports };
        self.destination.send(batches.into_iter().map(reports).collect())
    }

    /// Sends a message after what waits; gives whether it got out.
    pub fn say(&self, message: FromWorker) -> bool {
        if !self.flush() {
            return false;
        }
        let _sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        self.destination.send(vec![message])
    }

    /// Sends what waits and a last report; nothing that comes later is sent.
    pub fn say_last(&self, ticket: u32, report: Report) {
        self.flush();
        let _sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        self.state().shut = true;
        self.destination.send(vec![FromWorker::Reports { ticket, reports: vec![report] }]);
    }

    /// Sends nothing any more.
    pub fn shut(&self) {
        self.state().shut = true;
    }
}
