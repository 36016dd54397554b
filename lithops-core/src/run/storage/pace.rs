//! How often a job's outcomes are looked for, and the platform asked about its workers.

use std::time::Duration;

use tokio::time::Instant;

/// The shortest wait between two listings, where they take no longer themselves.
const SHORTEST: Duration = Duration::from_millis(5);
/// The part of the time since the last news that is waited: no outcome is seen later than by this
/// part of the time that it took.
const PART: u32 = 8;
/// How often a platform of this machine is asked, which costs it nothing.
const ASK_HERE: Duration = Duration::from_millis(500);
/// The bounds for one that is asked over a network.
const ASK_FAR: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// Fast while outcomes come or are due, slow while nothing is to be expected.
#[derive(Debug)]
pub(super) struct Pace {
    longest: Duration,
    on_this_machine: bool,
    /// When something was new.
    news: Instant,
    /// When the platform was asked.
    asked: Instant,
    /// How long the last listing took.
    listing: Duration,
    /// How long the calls took that have ended, on average.
    call: Option<Duration>,
}

impl Pace {
    pub(super) fn new(longest: Duration, on_this_machine: bool, now: Instant) -> Self {
        let (listing, call) = (Duration::ZERO, None);
        Self { longest, on_this_machine, news: now, asked: now, listing, call }
    }

    /// Something has come, or has changed so that something may.
    pub(super) fn news(&mut self, now: Instant) {
        self.news = now;
    }

    /// A listing took so long.
    pub(super) fn listed(&mut self, took: Duration) {
        self.listing = took;
    }

    /// A call took so long.
    pub(super) fn call(&mut self, took: Duration) {
        self.call = Some(self.call.map_or(took, |before| (before * 7 + took) / 8));
    }

    /// Whether the platform is to be asked; counts as asked then.
    pub(super) fn asks(&mut self, now: Instant) -> bool {
        let (least, most) = ASK_FAR;
        let wait = if self.on_this_machine {
            ASK_HERE
        } else {
            (now.duration_since(self.news) / PART).clamp(least, most)
        };
        let due = now.duration_since(self.asked) >= wait;
        if due {
            self.asked = now;
        }
        due
    }

    /// When the platform was asked the last time.
    pub(super) fn asked(&self) -> Instant {
        self.asked
    }

    /// How long to wait before the next listing; `begun` is when each call that may run now began,
    /// as far as that is known.
    pub(super) fn wait(&self, now: Instant, begun: impl Iterator<Item = Instant>) -> Duration {
        let shortest = SHORTEST.max(self.listing).min(self.longest);
        let grown = (now.duration_since(self.news) / PART).clamp(shortest, self.longest);
        let Some(call) = self.call else { return grown };
        let until = |at: Instant| {
            let due = at + call;
            if now < due {
                Some(due - now)
            } else {
                (now < due + call / PART).then_some(Duration::ZERO)
            }
        };
        let due = begun.filter_map(until).min();
        due.map_or(grown, |due| grown.min(due.max(shortest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace(now: Instant) -> Pace {
        Pace::new(SECOND, false, now)
    }

    #[test]
    fn the_wait_grows_with_the_silence_up_to_its_bound() {
        let start = Instant::now();
        let mut pace = pace(start);
        let waits = [0, 80, 4000, 80_000]
            .map(|ms| pace.wait(start + Duration::from_millis(ms), std::iter::empty()));
        assert_eq!(waits, [5, 10, 500, 1000].map(Duration::from_millis));

        pace.news(start + 80 * SECOND);
        assert_eq!(pace.wait(start + 80 * SECOND, std::iter::empty()), SHORTEST);
    }

    #[test]
    fn a_listing_is_not_followed_by_the_next_sooner_than_it_takes() {
        let start = Instant::now();
        let mut pace = pace(start);
        pace.listed(Duration::from_millis(30));
        assert_eq!(pace.wait(start, std::iter::empty()), Duration::from_millis(30));
        pace.listed(9 * SECOND);
        assert_eq!(pace.wait(start, std::iter::empty()), SECOND);
    }

    #[test]
    fn a_look_is_taken_when_a_call_is_due_by_the_time_of_those_before_it() {
        let start = Instant::now();
        let mut pace = pace(start);
        pace.call(60 * SECOND);
        pace.news(start);
        let wait = |after: Duration| pace.wait(start + after, std::iter::once(start));
        assert_eq!(wait(30 * SECOND), SECOND);
        assert_eq!(wait(Duration::from_millis(59_900)), Duration::from_millis(100));
        assert_eq!(wait(61 * SECOND), SHORTEST);
        assert_eq!(wait(70 * SECOND), SECOND);
    }

    #[test]
    fn a_platform_far_away_is_asked_ever_more_rarely_while_nothing_changes() {
        let start = Instant::now();
        let mut pace = pace(start);
        let mut asked = 0;
        for tenth in 0..6000 {
            asked += u32::from(pace.asks(start + tenth * SECOND / 10));
        }
        // Ten minutes of silence.
        assert_eq!(asked, 76);
    }
}
