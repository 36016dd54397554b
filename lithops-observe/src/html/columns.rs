//! Calls as columns of numbers, small enough for a hundred thousand of them in a page.

use serde_json::{Value, json};

use crate::figures::{Concurrency, Span, histogram, wall_ns};
use lithops_core::wire::{CallRecord, JobRecord};

/// Points of the concurrency curve, which is no wider on any screen.
const POINTS: usize = 800;
/// Bars of the histogram.
pub(super) const BINS: usize = 48;

/// What the script draws: calls that ran in the order of their starts, each a place in every column.
///
/// Times are in units of `unit` nanoseconds since submission. `index` and `start` are told as
/// differences to the call before. A column whose values are all the same is that value.
pub(super) fn chart_data(record: &JobRecord, concurrency: &Concurrency) -> Value {
    let mut calls: Vec<(Span, &CallRecord)> = record
        .calls
        .iter()
        .filter_map(|call| Span::of(record, call).map(|span| (span, call)))
        .collect();
    calls.sort_unstable_by_key(|(span, call)| (span.start_ns, call.index));
    let longest = calls.iter().map(|(span, _)| span.end_ns).max().unwrap_or(0);
    let wall = wall_ns(record).max(longest).max(1);
    let unit = if wall < 2_000_000_000 { 1 } else { 1_000 };
    let mut kinds: Vec<&str> = Vec::new();
    let mut states = Vec::with_capacity(calls.len());
    for (_, call) in &calls {
        states.push(match &call.failure {
            None => i64::from(call.attempts > 1),
            Some(failure) => {
                let known = kinds.iter().position(|kind| *kind == failure.kind);
                let place = known.unwrap_or_else(|| {
                    kinds.push(&failure.kind);
                    kinds.len() - 1
                });
                2 + place as i64
            }
        });
    }
    let column = |value: &dyn Fn(&Span, &CallRecord) -> u64| -> Vec<i64> {
        calls.iter().map(|(span, call)| value(span, call) as i64).collect()
    };
    let outline = concurrency.outline(wall, POINTS);
    let bins = histogram(record, BINS);
    json!({
        "calls": calls.len(),
        "unit": unit,
        "wall": wall / unit,
        "kinds": kinds,
        "index": packed(differences(column(&|_, call| u64::from(call.index)))),
        "start": packed(differences(column(&|span, _| span.start_ns / unit))),
        "worker": packed(column(&|_, call| u64::from(call.worker))),
        "attempts": packed(column(&|_, call| u64::from(call.attempts))),
        "busy": packed(column(&|_, call| call.busy_ns / unit)),
        "cpu": packed(column(&|_, call| call.cpu_ns / unit)),
        "peak": packed(column(&|_, call| call.peak_bytes.map_or(0, |bytes| bytes.div_ceil(1024)))),
        "argument": packed(column(&|_, call| call.argument_bytes)),
        "result": packed(column(&|_, call| call.result_bytes)),
        "state": packed(states),
        "steps": outline.iter().map(|&(at, running)| [at / unit, u64::from(running)]).collect::<Vec<_>>(),
        "bins": bins.iter().map(|bin| [bin.from_ns, bin.to_ns, u64::from(bin.calls)]).collect::<Vec<_>>(),
    })
}

fn differences(mut values: Vec<i64>) -> Vec<i64> {
    let mut before = 0;
    for value in &mut values {
        let this = *value;
        *value = this - before;
        before = this;
    }
    values
}

fn packed(values: Vec<i64>) -> Value {
    match values.first() {
        Some(&first) if values.iter().all(|&value| value == first) => json!(first),
        _ => json!(values),
    }
}

#[cfg(test)]
mod tests {
    use super::{differences, packed};

    #[test]
    fn a_column_of_one_value_is_that_value() {
        assert_eq!(packed(vec![4, 4, 4]), serde_json::json!(4));
        assert_eq!(packed(vec![4, 5]), serde_json::json!([4, 5]));
        assert_eq!(differences(vec![3, 5, 4]), [3, 2, -1]);
    }
}
