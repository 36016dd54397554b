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

    /// Whether messages that did not get out may get out later: then reports are kept, and sent
    /// again with those that come after.
    fn recovers(&self) -> bool {
        false
    }
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
    batches: Batches,
    count: usize,
    bytes: u64,
    since: Option<Instant>,
    /// Reports did not get out, and never will.
    lost: bool,
    shut: bool,
}

type Batches = Vec<(u32, Vec<Report>)>;

impl State {
    fn take(&mut self) -> Batches {
        self.count = 0;
        self.bytes = 0;
        self.since = None;
        std::mem::take(&mut self.batches)
    }

    /// Puts what was taken before what has come since. It is not counted again: the next try comes
    /// when it has waited, and not with every report.
    fn put_back(&mut self, mut unsent: Batches) {
        unsent.append(&mut self.batches);
        self.batches = unsent;
        self.since = Some(Instant::now());
    }
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

    pub(crate) fn patience(&self) -> Duration {
        self.patience
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

    /// Sends what waits; gives whether all has got out, what was sent before included.
    pub fn flush(&self) -> bool {
        let _sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        let batches = {
            let mut state = self.state();
            if state.shut {
                return false;
            }
            state.take()
        };
        if !batches.is_empty() {
            let kept = self.destination.recovers().then(|| batches.clone());
            if !self.destination.send(messages(batches)) {
                let mut state = self.state();
                match kept {
                    Some(kept) => state.put_back(kept),
                    None => state.lost = true,
                }
                return false;
            }
        }
        !self.state().lost
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
        let _sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batches = {
            let mut state = self.state();
            if state.shut { Batches::new() } else { state.take() }
        };
        self.state().shut = true;
        batches.push((ticket, vec![report]));
        self.destination.send(messages(batches));
    }

    /// Sends nothing any more.
    pub fn shut(&self) {
        self.state().shut = true;
    }

    pub(crate) fn is_shut(&self) -> bool {
        self.state().shut
    }
}

fn messages(batches: Batches) -> Vec<FromWorker> {
    let reports = |(ticket, reports)| FromWorker::Reports { ticket, reports };
    batches.into_iter().map(reports).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
pub(crate) mod tests {
    use std::sync::Arc;

    use lithops_core::wire::CallError;

    use super::*;

    /// Fails as often as it is told, then notes what it is sent.
    #[derive(Clone, Default)]
    pub(crate) struct Failing {
        pub(crate) failures: Arc<Mutex<u32>>,
        pub(crate) sent: Arc<Mutex<Vec<Vec<FromWorker>>>>,
        recovers: bool,
    }

    impl Failing {
        pub(crate) fn times(failures: u32, recovers: bool) -> Self {
            Self { failures: Arc::new(Mutex::new(failures)), recovers, ..Self::default() }
        }

        fn indices(&self) -> Vec<Vec<u32>> {
            let sent = self.sent.lock().unwrap();
            let indices = |message: &FromWorker| match message {
                FromWorker::Reports { reports, .. } => {
                    reports.iter().map(|report| report.index).collect()
                }
                _ => Vec::new(),
            };
            sent.iter().map(|messages| messages.iter().flat_map(indices).collect()).collect()
        }
    }

    impl Destination for Failing {
        fn send(&self, messages: Vec<FromWorker>) -> bool {
            let mut failures = self.failures.lock().unwrap();
            if *failures > 0 {
                *failures -= 1;
                return false;
            }
            self.sent.lock().unwrap().push(messages);
            true
        }

        fn patience(&self) -> Duration {
            Duration::from_secs(3600)
        }

        fn recovers(&self) -> bool {
            self.recovers
        }
    }

    fn report(index: u32) -> Report {
        Report::without_value(index, 0, CallError::Cancelled)
    }

    #[test]
    fn what_could_not_be_sent_is_sent_again_before_what_came_later() {
        let destination = Failing::times(2, true);
        let outbox = Outbox::new(destination.clone());
        let now = Instant::now();
        outbox.push(1, report(0), now);
        outbox.push(1, report(1), now);
        assert!(!outbox.flush());
        outbox.push(2, report(2), now);
        assert!(!outbox.flush());
        assert!(outbox.flush());
        assert_eq!(destination.indices(), [[0, 1, 2]]);
        assert!(outbox.flush());
        assert_eq!(destination.indices().len(), 1);
    }

    #[test]
    fn the_last_words_bring_what_could_not_be_sent() {
        let destination = Failing::times(1, true);
        let outbox = Outbox::new(destination.clone());
        outbox.push(1, report(0), Instant::now());
        assert!(!outbox.flush());
        outbox.say_last(1, report(1));
        assert_eq!(destination.indices(), [[0, 1]]);
        assert!(!outbox.flush());
    }

    #[test]
    fn a_failed_batch_does_not_make_each_report_a_try() {
        let destination = Failing::times(1, true);
        let outbox = Outbox::new(destination.clone());
        for index in 0..MANY as u32 + 1 {
            outbox.push(1, report(index), Instant::now());
        }
        assert_eq!(*destination.failures.lock().unwrap(), 0);
        assert_eq!(destination.indices().len(), 0);
        assert!(outbox.flush());
        assert_eq!(destination.indices()[0].len(), MANY + 1);
    }

    #[test]
    fn a_loss_is_not_forgotten() {
        let destination = Failing::times(1, false);
        let outbox = Outbox::new(destination.clone());
        outbox.push(1, report(0), Instant::now());
        assert!(!outbox.flush());
        assert!(!outbox.flush());
        outbox.push(1, report(1), Instant::now());
        assert!(!outbox.flush());
        assert_eq!(destination.indices(), [[1]]);
    }
}
