//! Every call in the row of its worker.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Frame, ticks};
use crate::figures::{Span, wall_ns};
use crate::quantity::{count, duration};
use lithops_core::wire::{CallRecord, JobRecord};

/// More calls than this are drawn as pixels.
const BARS: usize = 5_000;
/// Pixels that rows take together.
const HEIGHTS: (f64, f64) = (54.0, 420.0);
/// Classes of calls, the worst last.
const CLASSES: [&str; 3] = ["ok", "again", "failed"];

pub(super) fn drawn(record: &JobRecord) -> Frame {
    let calls: Vec<(Span, &CallRecord)> = record
        .calls
        .iter()
        .filter_map(|call| Span::of(record, call).map(|span| (span, call)))
        .collect();
    let numbers: BTreeMap<u32, usize> = calls.iter().map(|(_, call)| (call.worker, 0)).collect();
    let rows: BTreeMap<u32, usize> = numbers.into_keys().zip(0..).collect();
    let height = (rows.len() as f64 * 16.0).clamp(HEIGHTS.0, HEIGHTS.1);
    let failed = calls.iter().filter(|(_, call)| call.failure.is_some()).count();
    let (all, wall) = (count(calls.len() as u64), wall_ns(record).max(1));
    let remark = format!(
        "{all} calls on {} workers in {}, {} failed (red)",
        rows.len(),
        duration(wall),
        count(failed as u64)
    );
    let mut frame = Frame::new(height, &format!("Timeline of {}", record.title), &remark);
    let places = ticks::times(wall, 8).into_iter();
    frame.across(places.map(|ns| (ns as f64 / wall as f64, duration(ns))));
    let row_height = height / rows.len().max(1) as f64;
    let every = (14.0 / row_height).ceil().max(1.0) as usize;
    for (worker, row) in rows.iter().filter(|(_, row)| *row % every == 0) {
        frame.beside((*row as f64 + 0.5) * row_height, &format!("worker {worker}"));
    }
    let placed = calls.iter().map(|(span, call)| (*span, rows[&call.worker], class(call)));
    let paths = match calls.len() > BARS || row_height < 1.0 {
        true => cells(placed, frame.area(), rows.len(), wall),
        false => bars(placed, frame.area(), rows.len(), wall),
    };
    for (class, path) in CLASSES.iter().zip(&paths) {
        frame.shape(class, path);
    }
    frame
}

/// Place in [`CLASSES`].
fn class(call: &CallRecord) -> usize {
    match (&call.failure, call.attempts) {
        (Some(_), _) => 2,
        (None, 2..) => 1,
        (None, _) => 0,
    }
}

/// A rectangle for each call, a path for each class.
fn bars(
    calls: impl Iterator<Item = (Span, usize, usize)>,
    (width, height): (f64, f64),
    rows: usize,
    wall: u64,
) -> [String; 3] {
    let mut paths = <[String; 3]>::default();
    let row_height = height / rows.max(1) as f64;
    let tall = if row_height > 5.0 { row_height - 1.0 } else { row_height };
    for (span, row, class) in calls {
        let x = span.start_ns as f64 / wall as f64 * width;
        let wide = ((span.end_ns - span.start_ns) as f64 / wall as f64 * width).max(0.5);
        // Calls of a worker that follow one another stay apart.
        let wide = if wide > 3.0 { wide - 0.7 } else { wide };
        rectangle(&mut paths[class], x, row as f64 * row_height, wide, tall);
    }
    paths
}

/// The same in whole pixels, each in the class of its worst call.
fn cells(
    calls: impl Iterator<Item = (Span, usize, usize)>,
    (width, height): (f64, f64),
    rows: usize,
    wall: u64,
) -> [String; 3] {
    let columns = width as usize;
    let lines = rows.clamp(1, height as usize);
    let mut worst = vec![0; columns * lines];
    for (span, row, class) in calls {
        let line = row * lines / rows.max(1) * columns;
        let column = |ns: u64| (ns as f64 / wall as f64 * width) as usize;
        let first = column(span.start_ns).min(columns - 1);
        let last = column(span.end_ns).min(columns - 1);
        for cell in &mut worst[line + first..=line + last] {
            *cell = class.saturating_add(1).max(*cell);
        }
    }
    let mut paths = <[String; 3]>::default();
    let tall = height / lines as f64;
    for (line, row) in worst.chunks(columns).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if let Some(class) = run[0].checked_sub(1) {
                let y = line as f64 * tall;
                rectangle(&mut paths[class], x as f64, y, run.len() as f64, tall);
            }
            x += run.len();
        }
    }
    paths
}

fn rectangle(path: &mut String, x: f64, y: f64, wide: f64, tall: f64) {
    // A string that can't be written to never fails.
    write!(path, "M{x:.1} {y:.1}h{wide:.1}v{tall:.1}h-{wide:.1}z").ok();
}
