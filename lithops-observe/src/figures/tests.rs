//! Figures of small jobs, worked out by hand.

use lithops_core::wire::JobId;

use super::{Bin, FailureGroup, Figures, Span, Spread, failure_groups, histogram, worker_shares};
use lithops_core::wire::{CallFailure, CallRecord, JobRecord};

/// A call of `worker` that began and ended so many nanoseconds after the job was submitted.
fn call(index: u32, worker: u32, start: u64, end: u64) -> CallRecord {
    CallRecord {
        index,
        worker,
        attempts: 1,
        started_ns: 1_000 + start,
        busy_ns: end - start,
        settled_ns: 1_000 + end,
        cpu_ns: 1,
        argument_bytes: 2,
        result_bytes: 3,
        peak_bytes: None,
        failure: None,
    }
}

fn failed(kind: &str, message: &str, call: CallRecord) -> CallRecord {
    let failure = CallFailure { kind: kind.to_owned(), message: message.to_owned() };
    CallRecord { failure: Some(failure), ..call }
}

fn job(calls: Vec<CallRecord>) -> JobRecord {
    JobRecord {
        job: JobId::new("test", 0),
        title: "work".to_owned(),
        backend: "threads".to_owned(),
        submitted_ns: 1_000,
        ended_ns: None,
        total: calls.len() as u32,
        durable: false,
        workers: 2,
        calls,
        client_requests: 0,
        worker_requests: 0,
        estimate: None,
        used: None,
    }
}

#[test]
fn percentiles_are_values_by_nearest_rank() {
    let expected = Spread { least: 1, p50: 50, p90: 90, p99: 99, most: 100, mean: 50.5 };
    assert_eq!(Spread::of((1..=100).rev().collect()), Some(expected));
    let one = Spread { least: 7, p50: 7, p90: 7, p99: 7, most: 7, mean: 7.0 };
    assert_eq!(Spread::of(vec![7]), Some(one));
    assert_eq!(Spread::of(Vec::new()), None);
}

#[test]
fn a_worker_that_goes_from_call_to_call_runs_one_at_a_time() {
    let record = job(vec![call(0, 0, 10, 20), call(1, 0, 20, 30), call(2, 1, 15, 25)]);
    let concurrency = Figures::of(&record).concurrency;
    assert_eq!(concurrency.steps, [(10, 1), (15, 2), (25, 1), (30, 0)]);
    assert_eq!(concurrency.peak, 2);
    assert_eq!([0, 10, 16, 29, 30].map(|ns| concurrency.at(ns)), [0, 1, 2, 1, 0]);
}

#[test]
fn an_outline_keeps_the_peak() {
    let calls =
        (0..1_000).map(|index| call(index, 0, 10 * u64::from(index), 10 * u64::from(index) + 5));
    let mut calls: Vec<CallRecord> = calls.collect();
    calls.push(call(1_000, 1, 5_001, 5_003));
    let concurrency = Figures::of(&job(calls)).concurrency;
    let outline = concurrency.outline(10_000, 50);
    assert_eq!(outline.len(), 51);
    assert_eq!(outline.iter().map(|&(_, running)| running).max(), Some(2));
    assert_eq!(outline.last(), Some(&(9_995, 0)));
}

#[test]
fn a_clock_that_is_ahead_does_not_move_a_call_behind_its_outcome() {
    let mut late = call(0, 0, 10, 20);
    late.started_ns += 5_000;
    let record = job(vec![late]);
    let expected = Span { start_ns: 10, end_ns: 20 };
    assert_eq!(Span::of(&record, &record.calls[0]), Some(expected));
}

#[test]
fn a_call_that_no_worker_ran_has_no_duration() {
    let mut never = failed("cancelled", "the call was cancelled", call(0, 0, 0, 50));
    (never.attempts, never.started_ns, never.busy_ns, never.cpu_ns) = (0, 0, 0, 0);
    (never.argument_bytes, never.result_bytes) = (0, 0);
    let record = job(vec![never, call(1, 0, 0, 40)]);
    let figures = Figures::of(&record);
    assert_eq!((figures.total, figures.succeeded, figures.failed), (2, 1, 1));
    assert_eq!(figures.durations.map(|spread| (spread.least, spread.most)), Some((40, 40)));
    assert_eq!((figures.wall_ns, figures.busy_ns, figures.cpu_ns), (50, 40, 1));
    assert_eq!((figures.argument_bytes, figures.result_bytes), (2, 3));
    assert_eq!(worker_shares(&record).len(), 1);
}

#[test]
fn failures_are_grouped_by_kind_with_the_first_call_of_each() {
    let record = job(vec![
        failed("panicked", "second", call(5, 0, 0, 1)),
        failed("panicked", "first", call(2, 0, 1, 2)),
        failed("timed_out", "slow", call(1, 0, 2, 3)),
        call(0, 0, 3, 4),
    ]);
    let group = |kind: &str, calls, first, message: &str| FailureGroup {
        kind: kind.to_owned(),
        calls,
        first,
        message: message.to_owned(),
    };
    let expected = [group("panicked", 2, 2, "first"), group("timed_out", 1, 1, "slow")];
    assert_eq!(failure_groups(&record), expected);
}

#[test]
fn a_histogram_holds_every_call_once() {
    let calls = |durations: &[u64]| {
        let call = |(index, &length)| call(index as u32, 0, 0, length);
        job(durations.iter().enumerate().map(call).collect())
    };
    let bin = |from_ns, to_ns, calls| Bin { from_ns, to_ns, calls };
    let even = histogram(&calls(&[10, 11, 12, 13, 19]), 5);
    assert_eq!(
        even,
        [bin(10, 12, 2), bin(12, 14, 2), bin(14, 16, 0), bin(16, 18, 0), bin(18, 20, 1)]
    );
    // Ranges that grow, because durations differ a thousandfold.
    let wide = histogram(&calls(&[1, 10, 100, 999]), 3);
    assert_eq!(wide, [bin(1, 10, 1), bin(10, 100, 1), bin(100, 1000, 2)]);
    assert_eq!(histogram(&calls(&[5, 5]), 10), [bin(5, 6, 2)]);
    assert_eq!(histogram(&calls(&[]), 10), []);
}

#[test]
fn a_worker_is_used_while_it_runs_calls() {
    let record =
        job(vec![call(0, 3, 0, 10), failed("failed", "no", call(1, 3, 30, 40)), call(2, 1, 5, 6)]);
    let shares = worker_shares(&record);
    assert_eq!(shares.iter().map(|share| share.worker).collect::<Vec<_>>(), [1, 3]);
    assert_eq!((shares[1].calls, shares[1].failed, shares[1].busy_ns), (2, 1, 20));
    assert_eq!((shares[0].utilisation(), shares[1].utilisation()), (1.0, 0.5));
}
