//! How many calls ran at once.

use super::Span;
use lithops_core::wire::JobRecord;

/// How many calls ran at once, over the job's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// Each change: nanoseconds since submission, and how many calls run from then on. By time.
    pub steps: Vec<(u64, u32)>,
    /// The most at any time.
    pub peak: u32,
}

impl Concurrency {
    /// Counts the attempts that count; earlier ones of repeated calls left no record of their times.
    pub fn of(record: &JobRecord) -> Self {
        let spans = record.calls.iter().filter_map(|call| Span::of(record, call));
        let mut changes: Vec<(u64, i64)> =
            spans.flat_map(|span| [(span.start_ns, 1), (span.end_ns, -1)]).collect();
        // At equal times ends go first: a worker that goes from one call to the next runs one.
        changes.sort_unstable();
        let mut steps: Vec<(u64, u32)> = Vec::new();
        let (mut running, mut peak) = (0i64, 0u32);
        for (index, &(at, change)) in changes.iter().enumerate() {
            running += change;
            if changes.get(index + 1).is_none_or(|&(next, _)| next != at) {
                let now = u32::try_from(running).unwrap_or(0);
                peak = peak.max(now);
                if steps.last().is_none_or(|&(_, before)| before != now) {
                    steps.push((at, now));
                }
            }
        }
        Self { steps, peak }
    }

    /// How many calls ran at a time.
    pub fn at(&self, ns: u64) -> u32 {
        let next = self.steps.partition_point(|&(at, _)| at <= ns);
        next.checked_sub(1).map_or(0, |place| self.steps[place].1)
    }

    /// At most `points` points that draw the same curve: in each part of the time, the most that ran
    /// at once.
    pub fn outline(&self, until_ns: u64, points: usize) -> Vec<(u64, u32)> {
        if self.steps.len() <= points || points == 0 {
            return self.steps.clone();
        }
        let width = (until_ns / points as u64).max(1);
        let mut outline: Vec<(u64, u32)> = Vec::with_capacity(points);
        let mut step = 0;
        for from in (0..points as u64).map(|part| part * width) {
            let mut most = self.at(from);
            while self.steps.get(step).is_some_and(|&(at, _)| at < from + width) {
                most = most.max(self.steps[step].1);
                step += 1;
            }
            outline.push((from, most));
        }
        outline.extend(self.steps.last().copied());
        outline
    }
}
