//! Pictures of a job in SVG: for documents, wikis, and whatever takes no page.

mod concurrency;
mod frame;
mod histogram;
mod ticks;
mod timeline;

use frame::Frame;

use lithops_core::wire::JobRecord;

/// Pictures are so many pixels wide.
const WIDTH: u32 = 1000;

/// Every call as a bar in the row of its worker: blue with a value, amber with one after more than one
/// attempt, red where it failed.
///
/// Above 5000 calls, or where workers have less than a pixel each, a pixel has the colour of the worst
/// of its calls: the picture stays below 1 MB, however large the job.
pub fn timeline(record: &JobRecord) -> String {
    timeline::drawn(record).alone()
}

/// How many calls ran at once, over the job's time.
pub fn concurrency(record: &JobRecord) -> String {
    concurrency::drawn(record).alone()
}

/// How many calls took how long, with the median, and the durations below which 90 and 99 in a hundred
/// stay.
pub fn histogram(record: &JobRecord) -> String {
    histogram::drawn(record).alone()
}

/// The three pictures below one another.
pub fn overview(record: &JobRecord) -> String {
    let frames = [timeline::drawn(record), concurrency::drawn(record), histogram::drawn(record)];
    frame::stacked(&frames)
}

#[cfg(test)]
mod tests;
