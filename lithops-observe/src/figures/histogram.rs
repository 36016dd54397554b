//! How many calls took how long.

use super::{Span, Spread};
use lithops_core::wire::JobRecord;

/// A range of durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bin {
    /// The least duration of the range, in nanoseconds.
    pub from_ns: u64,
    /// The first duration after it.
    pub to_ns: u64,
    /// Calls whose duration is in it.
    pub calls: u32,
}

/// Above this ratio of the longest to the shortest call, ranges grow by a factor.
const WIDE: u64 = 50;

/// At most `bins` ranges that hold all calls that ran, from the shortest to the longest.
///
/// Ranges are equally wide; where durations differ by more than a factor of 50, each is wider than
/// the one before by the same factor.
pub fn histogram(record: &JobRecord, bins: usize) -> Vec<Bin> {
    let ran = record.calls.iter().filter(|call| Span::of(record, call).is_some());
    let durations: Vec<u64> = ran.map(|call| call.busy_ns).collect();
    let Some(Spread { least, most, .. }) = Spread::of(durations.clone()) else {
        return Vec::new();
    };
    let bins = bins.max(1).min(usize::try_from(most - least + 1).unwrap_or(usize::MAX));
    let (low, high) = (least.max(1) as f64, (most + 1) as f64);
    let edge = |part: usize| -> u64 {
        let part = part as f64 / bins as f64;
        match most / least.max(1) > WIDE {
            true => (low * (high / low).powf(part)).round() as u64,
            false => (least as f64 + (high - least as f64) * part).round() as u64,
        }
    };
    let mut edges: Vec<u64> = (0..=bins).map(edge).collect();
    (edges[0], edges[bins]) = (least, most + 1);
    edges.dedup();
    let mut found: Vec<Bin> =
        edges.windows(2).map(|pair| Bin { from_ns: pair[0], to_ns: pair[1], calls: 0 }).collect();
    for duration in durations {
        let place = found.partition_point(|bin| bin.to_ns <= duration);
        if let Some(bin) = found.get_mut(place) {
            bin.calls += 1;
        }
    }
    found
}
