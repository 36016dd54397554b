//! `lithops job show`.

use clap::Args;
use lithops_core::wire::{CallRecord, Cost, JobRecord};
use lithops_observe::figures::{Figures, failure_groups};
use lithops_observe::journal::{Entry, Journal, Omitted};
use lithops_observe::quantity::{bytes, duration, instant};

use super::found;
use super::list::{can_be_taken_up, took_ns};
use super::text::line;
use crate::output::print;
use crate::table::Table;

/// Calls that are listed as the slowest.
const SLOWEST: usize = 5;

#[derive(Debug, Args)]
#[command(after_help = "Example: lithops job show 4f1c")]
pub(crate) struct Show {
    /// The job's id, or the beginning of it; the latest by default
    job: Option<String>,
    /// Print JSON: the job's record, with every call
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Show) -> anyhow::Result<()> {
    let journal = Journal::of_user()?;
    let job = found(&journal, arguments.job.as_deref())?;
    let record = journal.record(&job)?;
    match arguments.json {
        true => print(&format!("{}\n", serde_json::to_string(&record)?)),
        false => print(&shown(&job, &record)),
    }
}

fn shown(job: &Entry, record: &JobRecord) -> String {
    let figures = Figures::of(record);
    let mut text = about(job, record, &figures).shown();
    let groups = failure_groups(record);
    if !groups.is_empty() {
        let mut table = Table::new(["failure", "calls", "first call", "what it says"]);
        for group in groups {
            let (calls, first) = (group.calls.to_string(), group.first.to_string());
            table.add([group.kind, calls, first, line(&group.message, 160)]);
        }
        text = format!("{text}\n{}", table.shown());
    }
    let mut calls: Vec<&CallRecord> = record.calls.iter().collect();
    calls.sort_by_key(|call| (std::cmp::Reverse(call.busy_ns), call.index));
    if !calls.is_empty() {
        let mut table =
            Table::new(["slowest", "took", "processor", "worker", "attempts", "outcome"]);
        for call in calls.into_iter().take(SLOWEST) {
            let outcome = call.failure.as_ref().map_or("value", |failure| &failure.kind);
            table.add([
                format!("call {}", call.index),
                duration(call.busy_ns),
                duration(call.cpu_ns),
                call.worker.to_string(),
                call.attempts.to_string(),
                outcome.to_owned(),
            ]);
        }
        text = format!("{text}\n{}", table.shown());
    }
    text
}

fn about(job: &Entry, record: &JobRecord, figures: &Figures) -> Table {
    let mut table = Table::pairs();
    let mut add = |name: &str, value: String| table.add([name.to_owned(), value]);
    add("job", job.job().to_string());
    add("title", line(&record.title, 160));
    add("state", state(job));
    add("backend", format!("{}, storage {}", record.backend, job.storage()));
    add("client", format!("process {} of {}", job.pid(), job.program()));
    add("submitted", instant(record.submitted_ns));
    add("took", duration(took_ns(job)));
    // What the journal has left out is counted all the same.
    let last = job.last.map_or((0, 0), |last| (last.done, last.failed));
    let done = last.0.max(record.calls.len() as u64);
    let failed = last.1.max(u64::from(figures.failed));
    add(
        "calls",
        format!("{done} of {} done, {failed} failed, {} repeated", record.total, figures.repeated),
    );
    let Omitted { calls, logs } = job.last.map(|last| last.omitted).unwrap_or_default();
    if calls > 0 {
        let told = format!("{calls} calls: the journal had no room for them, no figure has them");
        add("left out", told);
    }
    if logs > 0 {
        add("logs", format!("those of {logs} calls are left out: there was no room for them"));
    }
    add(
        "workers",
        format!("{}, at most {} calls at once", record.workers, figures.concurrency.peak),
    );
    let (busy, cpu) = (duration(figures.busy_ns), duration(figures.cpu_ns));
    add("in calls", format!("{busy}, processors {cpu}, speed-up {:.1}", figures.speed_up()));
    if let Some(spread) = figures.durations {
        let [p50, p90, p99, most] = [spread.p50, spread.p90, spread.p99, spread.most].map(duration);
        add(
            "durations",
            format!("median {p50}, 90 % up to {p90}, 99 % up to {p99}, at most {most}"),
        );
    }
    if let Some(peak) = figures.peak_bytes {
        add("memory", format!("at most {} in a call", bytes(peak)));
    }
    let (arguments, results) = (bytes(figures.argument_bytes), bytes(figures.result_bytes));
    add("data", format!("arguments {arguments}, results {results}"));
    if record.client_requests + record.worker_requests > 0 {
        let (client, workers) = (record.client_requests, record.worker_requests);
        add("requests", format!("{client} + {workers} to storage, by client and workers"));
    }
    record.estimate.iter().for_each(|cost| add("estimated", price(cost)));
    record.used.iter().for_each(|cost| add("used", price(cost)));
    table
}

fn state(job: &Entry) -> String {
    match can_be_taken_up(job) {
        true => format!("lost, can be taken up: lithops job attach {}", job.job()),
        false => job.state.as_str().to_owned(),
    }
}

fn price(cost: &Cost) -> String {
    let Cost { vcpu_seconds, gb_seconds, price, currency } = cost;
    format!("{vcpu_seconds:.1} vCPU-s and {gb_seconds:.1} GB-s, {price:.6} {currency}")
}
