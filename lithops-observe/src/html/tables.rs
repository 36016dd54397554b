//! Tables of a report: what the charts show, and what they can't.

use super::columns::BINS;
use crate::escape::escaped;
use crate::figures::{FailureGroup, Figures, Span, Spread, WorkerShare, histogram};
use crate::quantity::{bytes, count, duration};
use lithops_core::wire::{CallRecord, JobRecord};

/// Calls that are listed as the slowest.
const SLOWEST: usize = 10;
/// Workers that are listed; a job may have thousands.
const WORKERS: usize = 100;
/// Rows of the concurrency curve in numbers.
const SAMPLES: u64 = 20;

pub(super) fn failures(groups: &[FailureGroup]) -> String {
    let rows = groups.iter().map(|group| {
        let (kind, message) = (escaped(&group.kind), escaped(&group.message));
        let (calls, first) = (count(u64::from(group.calls)), group.first);
        format!("<td>{kind}</td><td>{calls}</td><td>{first}</td><td class=\"text\"><pre>{message}</pre></td>")
    });
    table("Failures by kind", &["Kind", "Calls", "First call", "What it says"], rows)
}

/// What was measured of each call: its name, how it is spread, and how a value is shown.
type Measured = (&'static str, Option<Spread>, fn(u64) -> String);

/// The spread of what was measured of each call.
pub(super) fn statistics(record: &JobRecord) -> String {
    let ran = || record.calls.iter().filter(|call| Span::of(record, call).is_some());
    let spread =
        |value: &dyn Fn(&CallRecord) -> Option<u64>| Spread::of(ran().filter_map(value).collect());
    let measured: [Measured; 6] = [
        ("Duration", spread(&|call| Some(call.busy_ns)), duration),
        ("Processor time", spread(&|call| Some(call.cpu_ns)), duration),
        (
            "From submission to start",
            spread(&|call| Some(Span::of(record, call)?.start_ns)),
            duration,
        ),
        ("Memory at most", spread(&|call| call.peak_bytes), bytes),
        ("Argument", spread(&|call| Some(call.argument_bytes)), bytes),
        ("Result", spread(&|call| Some(call.result_bytes)), bytes),
    ];
    let rows = measured.into_iter().filter_map(|(name, spread, shown)| {
        let Spread { least, p50, p90, p99, most, mean } = spread?;
        let values = [least, p50, p90, p99, most, mean as u64].map(shown);
        let cells: String = values.iter().map(|value| format!("<td>{value}</td>")).collect();
        Some(format!("<th scope=\"row\">{name}</th>{cells}"))
    });
    let heading = ["Of each call", "Least", "Median", "90 %", "99 %", "Most", "Mean"];
    table("Statistics", &heading, rows)
}

pub(super) fn slowest(record: &JobRecord) -> String {
    let mut calls: Vec<&CallRecord> = record.calls.iter().collect();
    calls.sort_by_key(|call| (std::cmp::Reverse(call.busy_ns), call.index));
    let rows = calls.into_iter().take(SLOWEST).map(|call| {
        let outcome = call.failure.as_ref().map_or("value", |failure| failure.kind.as_str());
        format!(
            "<td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>",
            call.index,
            duration(call.busy_ns),
            duration(call.cpu_ns),
            call.worker,
            call.attempts,
            escaped(outcome)
        )
    });
    let heading = ["Call", "Duration", "Processor time", "Worker", "Attempts", "Outcome"];
    table("Slowest calls", &heading, rows)
}

/// The workers with the most time in calls, by number.
pub(super) fn workers(shares: &[WorkerShare]) -> String {
    let mut shown: Vec<&WorkerShare> = shares.iter().collect();
    shown.sort_by_key(|share| std::cmp::Reverse(share.busy_ns));
    shown.truncate(WORKERS);
    shown.sort_by_key(|share| share.worker);
    let caption = match shares.len() {
        all @ ..=WORKERS => format!("Workers: {all}"),
        all => format!("Workers: the {WORKERS} of {all} with the most time in calls"),
    };
    let rows = shown.into_iter().map(|share| {
        let (percent, busy) = (100.0 * share.utilisation(), duration(share.busy_ns));
        format!(
            "<td>{}</td><td>{}</td><td>{}</td><td>{busy}</td>\
             <td><meter min=\"0\" max=\"100\" value=\"{percent:.0}\"></meter> {percent:.0} %</td>",
            share.worker,
            count(u64::from(share.calls)),
            count(u64::from(share.failed))
        )
    });
    let heading = ["Worker", "Calls", "Failed", "Time in calls", "Utilisation"];
    table(&caption, &heading, rows)
}

/// The curve in numbers, for those who can't see it.
pub(super) fn concurrency(figures: &Figures) -> String {
    let until = figures.concurrency.steps.last().map_or(0, |&(at, _)| at).max(figures.wall_ns);
    let rows = (0..=SAMPLES).map(|part| {
        let at = (u128::from(until) * u128::from(part) / u128::from(SAMPLES)) as u64;
        format!("<td>{}</td><td>{}</td>", duration(at), figures.concurrency.at(at))
    });
    in_numbers(&table("Calls at once", &["Since submission", "Calls"], rows))
}

/// The histogram in numbers.
pub(super) fn durations(record: &JobRecord) -> String {
    let bins = histogram(record, BINS).into_iter().filter(|bin| bin.calls > 0);
    let rows = bins.map(|bin| {
        let (from, to) = (duration(bin.from_ns), duration(bin.to_ns));
        format!("<td>{from}</td><td>{to}</td><td>{}</td>", count(u64::from(bin.calls)))
    });
    in_numbers(&table("Durations", &["From", "Below", "Calls"], rows))
}

fn in_numbers(table: &str) -> String {
    format!("<details><summary>In numbers</summary>\n{table}</details>\n")
}

fn table(caption: &str, heading: &[&str], rows: impl Iterator<Item = String>) -> String {
    let heading: String =
        heading.iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
    let rows: String = rows.map(|row| format!("<tr>{row}</tr>\n")).collect();
    format!(
        "<div class=\"wide\"><table>\n<caption>{caption}</caption>\n<thead><tr>{heading}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table></div>\n"
    )
}
