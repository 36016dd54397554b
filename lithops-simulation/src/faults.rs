//! What goes wrong in a simulation, and how often.

use std::time::Duration;

/// A span of time from which lengths are drawn: the least and the most.
pub type Span = (Duration, Duration);

/// What goes wrong in a simulation, and how often.
///
/// A rate is a share from 0 to 1 of the occasions named with it. When something goes wrong is drawn
/// from the simulation's seed.
///
/// ```
/// use lithops_simulation::Faults;
///
/// // Workers die, and all else is well.
/// let faults = Faults { deaths: 0.3, ..Faults::none() };
/// assert!(faults != Faults::none());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// How long a call takes that does not [say it itself](crate::take).
    pub call: Span,
    /// How long the platform takes to start a worker.
    pub start: Span,
    /// How long a request to the storage or the platform takes.
    pub request: Span,
    /// Of requests to the storage: take 20 times as long.
    pub slow_requests: f64,
    /// Of objects written: were not stored, and the writer hears of it.
    pub lost_puts: f64,
    /// Of objects written: were stored, and the writer hears that they were not.
    pub unacknowledged_puts: f64,
    /// Of objects written: are seen by nobody for a while after they were acknowledged.
    pub late_puts: f64,
    /// For how long at most.
    pub late_by: Duration,
    /// Of objects whose writer dies while it writes them: are stored all the same, afterwards.
    pub orphan_puts: f64,
    /// Of listings: show the storage as it was a while ago.
    pub lagging_lists: f64,
    /// How long ago at most.
    pub lag: Duration,
    /// Of reads, listings and deletions: fail.
    pub failed_requests: f64,
    /// Of dispatches, and of lanes to workers: are refused by the platform for the moment.
    pub refused_starts: f64,
    /// Of workers: are started twice, and both go by the same order. Over links there are none.
    pub double_starts: f64,
    /// Of workers: are never started.
    pub lost_starts: f64,
    /// Of workers: are started late.
    pub late_starts: f64,
    /// By how much at most.
    pub late_start_by: Duration,
    /// Of workers: die at a point drawn from all that they could have reached: before their first
    /// word, in a call, or between a call's end and the report of it.
    pub deaths: f64,
    /// Of workers: say nothing any more from some point on, and do nothing, but live.
    pub silences: f64,
    /// Of workers: stand still for a while, and go on then.
    pub stalls: f64,
    /// For how long at most.
    pub stalled_for: Duration,
    /// Of workers: take 10 times as long for a call.
    pub slow_workers: f64,
    /// Of questions to the platform about its workers: are answered as things were a while ago.
    pub lagging_status: f64,
    /// How long ago at most.
    pub status_lag: Duration,
    /// Of questions to the platform: are not answered.
    pub failed_status: f64,
    /// How far the clock of a worker is from the true one, at most, either way.
    pub clock_skew: Duration,
    /// How long a message over a link takes.
    pub message: Span,
    /// Of messages: take 100 times as long; those after them wait.
    pub slow_messages: f64,
}

impl Faults {
    /// Nothing goes wrong: only calls, starts, requests and messages take their time.
    pub fn none() -> Self {
        let ms = Duration::from_millis;
        Self {
            call: (ms(1), ms(3000)),
            start: (ms(100), ms(900)),
            request: (ms(2), ms(80)),
            slow_requests: 0.0,
            lost_puts: 0.0,
            unacknowledged_puts: 0.0,
            late_puts: 0.0,
            late_by: Duration::ZERO,
            orphan_puts: 0.0,
            lagging_lists: 0.0,
            lag: Duration::ZERO,
            failed_requests: 0.0,
            refused_starts: 0.0,
            double_starts: 0.0,
            lost_starts: 0.0,
            late_starts: 0.0,
            late_start_by: Duration::ZERO,
            deaths: 0.0,
            silences: 0.0,
            stalls: 0.0,
            stalled_for: Duration::ZERO,
            slow_workers: 0.0,
            lagging_status: 0.0,
            status_lag: Duration::ZERO,
            failed_status: 0.0,
            clock_skew: Duration::ZERO,
            message: (ms(1), ms(5)),
            slow_messages: 0.0,
        }
    }

    /// Everything goes wrong, each thing far more often than anywhere in the world; most jobs still
    /// end well. What simulations have unless told otherwise.
    pub fn harsh() -> Self {
        let seconds = Duration::from_secs;
        Self {
            start: (Duration::from_millis(100), seconds(3)),
            slow_requests: 0.05,
            lost_puts: 0.05,
            unacknowledged_puts: 0.05,
            late_puts: 0.03,
            late_by: seconds(20),
            orphan_puts: 0.5,
            lagging_lists: 0.1,
            lag: seconds(20),
            failed_requests: 0.05,
            refused_starts: 0.05,
            double_starts: 0.05,
            lost_starts: 0.03,
            late_starts: 0.05,
            late_start_by: seconds(100),
            deaths: 0.2,
            silences: 0.05,
            stalls: 0.1,
            stalled_for: seconds(120),
            slow_workers: 0.1,
            lagging_status: 0.2,
            status_lag: seconds(30),
            failed_status: 0.1,
            clock_skew: seconds(180),
            slow_messages: 0.02,
            ..Self::none()
        }
    }
}

impl Default for Faults {
    /// [`harsh`](Self::harsh).
    fn default() -> Self {
        Self::harsh()
    }
}
