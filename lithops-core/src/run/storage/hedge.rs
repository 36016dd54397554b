//! Workers that have not begun by the time most have: others get their calls.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::driver::Driver;
use crate::ports::JobEvent;

/// The part of a wave's workers that count as most of them: three quarters.
const MOST: (u32, u32) = (3, 4);
/// How many times longer than most have taken a worker may take before it is late,
const PATIENCE: u32 = 2;
/// and how much longer at the least.
const LEAST: Duration = Duration::from_secs(1);
/// One worker in so many may be hedged over the life of a job, or one.
const BOUND: u32 = 10;

/// When the workers of each wave have begun.
#[derive(Debug, Default)]
pub(super) struct Starts {
    waves: BTreeMap<u32, Wave>,
    launched: u32,
    hedged: u32,
}

#[derive(Debug)]
struct Wave {
    launched: Instant,
    workers: u32,
    begun: u32,
    /// How long it took until most had begun.
    most: Option<Duration>,
}

impl Starts {
    pub(super) fn launched(&mut self, wave: u32, workers: u32, now: Instant) {
        self.launched += workers;
        self.waves.insert(wave, Wave { launched: now, workers, begun: 0, most: None });
    }

    /// A worker of a wave has given its first sign of life.
    pub(super) fn begun(&mut self, wave: u32, now: Instant) {
        let Some(wave) = self.waves.get_mut(&wave) else { return };
        wave.begun += 1;
        let (part, whole) = MOST;
        if wave.most.is_none()
            && u64::from(wave.begun) * u64::from(whole) >= u64::from(wave.workers) * u64::from(part)
        {
            wave.most = Some(now.duration_since(wave.launched));
        }
    }

    /// Whether a worker of this wave that has not begun is late.
    fn is_late(&self, wave: u32, now: Instant) -> bool {
        self.waves.get(&wave).is_some_and(|wave| {
            let patience = wave.most.map(|most| (most * PATIENCE).max(most + LEAST));
            patience.is_some_and(|patience| now.duration_since(wave.launched) > patience)
        })
    }

    /// How many more workers may be hedged.
    fn left(&self) -> usize {
        (self.launched / BOUND).max(1).saturating_sub(self.hedged) as usize
    }
}

impl Driver {
    /// Gives the calls of workers that are late to others, as many as is allowed. A worker that begins
    /// after all may still be the first to answer: the first value of a call counts.
    pub(super) fn hedge(&mut self, now: Instant) {
        // What has no room starts no sooner elsewhere.
        let most = self.starts.left().min(self.room());
        if most == 0 {
            return;
        }
        let waiting = self.working.iter().filter(|(_, share)| share.heard.is_none());
        let late = waiting.filter(|((wave, _), _)| self.starts.is_late(*wave, now));
        let late: Vec<(u32, u32)> = late.map(|(place, _)| *place).take(most).collect();
        for place in &late {
            let Some(share) = self.working.remove(place) else { continue };
            tracing::info!(job = %self.job.id(), ?place, "a worker that has not begun is hedged");
            for (index, attempt) in share.calls {
                let ledger = &self.job.ledger;
                if ledger.is_open(index) && ledger.attempt(index) == attempt {
                    self.due.entry(index).or_insert(now);
                }
            }
        }
        if !late.is_empty() {
            self.starts.hedged += late.len() as u32;
            self.job.tell(JobEvent::Hedged(self.starts.hedged));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_worker_is_late_when_it_takes_twice_as_long_as_most_have() {
        let start = Instant::now();
        let mut starts = Starts::default();
        starts.launched(3, 8, start);
        for worker in 1..=6 {
            assert!(!starts.is_late(3, start + 600 * SECOND), "after {worker}");
            starts.begun(3, start + worker * SECOND);
        }
        assert!(!starts.is_late(3, start + 12 * SECOND));
        assert!(starts.is_late(3, start + 12 * SECOND + Duration::from_millis(1)));
        assert!(!starts.is_late(4, start + 600 * SECOND));
    }

    #[test]
    fn the_last_of_workers_that_begin_at_once_has_a_second() {
        let start = Instant::now();
        let mut starts = Starts::default();
        starts.launched(0, 4, start);
        (0..3).for_each(|_| starts.begun(0, start));
        assert!(!starts.is_late(0, start + SECOND));
        assert!(starts.is_late(0, start + 2 * SECOND));
    }

    #[test]
    fn a_tenth_of_the_workers_may_be_hedged_or_one() {
        let left = |launched, hedged| Starts { waves: BTreeMap::new(), launched, hedged }.left();
        assert_eq!([left(1, 0), left(1, 1), left(100, 0), left(100, 10)], [1, 0, 10, 0]);
    }
}
