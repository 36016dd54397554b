//! How many calls took how long.

use std::fmt::Write as _;

use super::{Frame, ticks};
use crate::figures::{Bin, Figures, histogram};
use crate::quantity::{count, duration};
use lithops_core::wire::JobRecord;

const BINS: usize = 48;
/// Pixels above the highest bar, for the labels of percentiles.
const HEAD: f64 = 46.0;

pub(super) fn drawn(record: &JobRecord) -> Frame {
    let bins = histogram(record, BINS);
    let spread = Figures::of(record).durations;
    let remark = spread.map_or("no call has run".to_owned(), |spread| {
        format!("from {} to {}", duration(spread.least), duration(spread.most))
    });
    let mut frame = Frame::new(200.0, "Durations of calls", &remark);
    let (width, height) = frame.area();
    let most = bins.iter().map(|bin| bin.calls).max().unwrap_or(0).max(1);
    let scale = (height - HEAD) / height;
    let places = ticks::round(u64::from(most), 4).into_iter();
    frame.upwards(places.map(|n| (n as f64 / f64::from(most) * scale, count(n))));
    let each = width / bins.len().max(1) as f64;
    let every = (110.0 / each).ceil().max(1.0) as usize;
    let labelled = bins.iter().enumerate().step_by(every);
    frame.across(
        labelled.map(|(place, bin)| (place as f64 / bins.len() as f64, duration(bin.from_ns))),
    );
    let mut path = String::new();
    for (place, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.calls > 0) {
        let tall = (f64::from(bin.calls) / f64::from(most) * (height - HEAD)).max(1.0);
        let (x, wide) = (place as f64 * each + 0.5, (each - 1.0).max(0.5));
        // A string that can't be written to never fails.
        write!(path, "M{x:.1} {height:.1}v-{tall:.1}h{wide:.1}v{tall:.1}z").ok();
    }
    frame.shape("bars", &path);
    if let Some(spread) = spread {
        let marks =
            [("p50", spread.p50, 11.0), ("p90", spread.p90, 25.0), ("p99", spread.p99, 39.0)];
        for (name, ns, y) in marks {
            frame.mark(place_of(&bins, ns), y, &format!("{name} {}", duration(ns)));
        }
    }
    frame
}

/// Where a duration stands on the axis, from 0 to 1: in its bin by proportion.
fn place_of(bins: &[Bin], ns: u64) -> f64 {
    let place = bins.partition_point(|bin| bin.to_ns <= ns).min(bins.len().saturating_sub(1));
    let Some(bin) = bins.get(place) else { return 0.0 };
    let part = (ns.saturating_sub(bin.from_ns)) as f64 / (bin.to_ns - bin.from_ns) as f64;
    (place as f64 + part.min(1.0)) / bins.len() as f64
}
