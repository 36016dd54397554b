//! Where a listing of outcomes has to begin, since their keys tell times of clocks that differ.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// How far back a listing begins before the newest batch seen, in milliseconds: workers' clocks
/// differ, and a batch may become visible after a younger one.
const OVERLAP_MS: u64 = 30_000;

/// What the clocks of a job's workers have shown, in milliseconds since 1970.
#[derive(Debug)]
pub(super) struct Clocks {
    newest: u64,
    /// Of each worker, by wave and number, at its last batch.
    workers: HashMap<(u32, u32), u64>,
    /// How often a listing begins where the slowest clock is, so that none is ever trusted alone.
    every: Duration,
    /// When one last did.
    back: Option<Instant>,
}

impl Clocks {
    pub(super) fn new(every: Duration) -> Self {
        Self { newest: 0, workers: HashMap::new(), every, back: None }
    }

    /// A worker has written a batch at `time` by its clock; `now` is by the client's.
    pub(super) fn show(&mut self, worker: (u32, u32), time: u64, now: u64) {
        // A clock that is fast must not hide what others write.
        self.newest = self.newest.max(time.min(now));
        let clock = self.workers.entry(worker).or_default();
        *clock = time.max(*clock);
    }

    /// Where a listing begins; `None` for the beginning, which `whole` asks for.
    ///
    /// Each begins a little before the newest batch. From time to time one begins a little before the
    /// slowest clock of those that are `working`, and at the beginning while one of them has written
    /// nothing yet: a job that lasts has far more batches behind it than workers.
    pub(super) fn begin(
        &mut self,
        whole: bool,
        mut working: impl Iterator<Item = (u32, u32)>,
        now: Instant,
    ) -> Option<u64> {
        let due = self.back.is_none_or(|last| now.duration_since(last) >= self.every);
        if whole || due {
            self.back = Some(now);
        }
        let from = if whole {
            None
        } else if due {
            let clock = |worker| self.workers.get(&worker).copied();
            working.try_fold(self.newest, |slowest, worker| Some(slowest.min(clock(worker)?)))
        } else {
            Some(self.newest)
        };
        Some(from?.saturating_sub(OVERLAP_MS))
    }

    /// The listing that was begun last did not get to its end.
    pub(super) fn fail(&mut self) {
        self.back = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where listings begin after the workers `0..` have shown these times and the first `working` of
    /// them work on: a whole one, one that is due to go back, and the next.
    fn begins(shown: &[u64], working: u32) -> [Option<u64>; 3] {
        let mut clocks = Clocks::new(Duration::from_secs(10));
        for (worker, time) in (0..).zip(shown) {
            clocks.show((0, worker), *time, 500_000);
        }
        let now = Instant::now();
        let due = now + Duration::from_secs(10);
        let working = || (0..working).map(|worker| (0, worker));
        [(true, now), (false, due), (false, due)]
            .map(|(whole, at)| clocks.begin(whole, working(), at))
    }

    #[test]
    fn a_listing_goes_back_to_the_slowest_clock_of_those_that_work() {
        let shown = [500_000, 300_000, 400_000, 100_000];
        assert_eq!(begins(&shown, 3), [None, Some(270_000), Some(470_000)]);
        assert_eq!(begins(&shown, 1), [None, Some(470_000), Some(470_000)]);
    }

    #[test]
    fn a_listing_goes_back_to_the_beginning_for_workers_whose_clock_nobody_knows() {
        assert_eq!(begins(&[500_000], 2), [None, None, Some(470_000)]);
    }

    #[test]
    fn a_clock_that_is_fast_hides_nothing() {
        assert_eq!(begins(&[900_000, 450_000], 2), [None, Some(420_000), Some(470_000)]);
    }

    #[test]
    fn a_listing_that_failed_is_made_again_as_far_back() {
        let mut clocks = Clocks::new(Duration::from_secs(10));
        let now = Instant::now();
        assert_eq!(clocks.begin(false, std::iter::once((0, 0)), now), None);
        clocks.fail();
        assert_eq!(clocks.begin(false, std::iter::once((0, 0)), now), None);
        assert_eq!(clocks.begin(false, std::iter::once((0, 0)), now), Some(0));
    }
}
