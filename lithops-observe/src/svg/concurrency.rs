//! How many calls ran at once.

use std::fmt::Write as _;

use super::{Frame, ticks};
use crate::figures::{Concurrency, wall_ns};
use crate::quantity::{count, duration};
use lithops_core::wire::JobRecord;

/// Points of the curve: about one a pixel.
const POINTS: usize = 900;

pub(super) fn drawn(record: &JobRecord) -> Frame {
    let curve = Concurrency::of(record);
    let wall = wall_ns(record).max(1);
    let remark = format!("{} at most", count(u64::from(curve.peak)));
    let mut frame = Frame::new(160.0, "Calls at once", &remark);
    let places = ticks::times(wall, 8).into_iter();
    frame.across(places.map(|ns| (ns as f64 / wall as f64, duration(ns))));
    let most = curve.peak.max(1);
    let places = ticks::round(u64::from(most), 4).into_iter();
    frame.upwards(places.map(|running| (running as f64 / f64::from(most), count(running))));
    let (width, height) = frame.area();
    let y = |running: u32| height * (1.0 - f64::from(running) / f64::from(most));
    let mut path = format!("M0 {height:.1}");
    for (at, running) in curve.outline(wall, POINTS) {
        let x = (at as f64 / wall as f64).min(1.0) * width;
        // A string that can't be written to never fails.
        write!(path, "H{x:.1}V{:.1}", y(running)).ok();
    }
    write!(path, "H{width:.1}V{height:.1}z").ok();
    frame.shape("curve", &path);
    frame
}
