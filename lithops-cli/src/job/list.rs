//! `lithops job list`.

use clap::Args;
use lithops_observe::figures::wall_ns;
use lithops_observe::journal::{Entry, Journal, State};
use lithops_observe::quantity::{duration, instant};
use serde_json::{Value, json};

use super::tell_unreadable;
use super::text::line;
use crate::output::{print, remark};
use crate::table::Table;

#[derive(Debug, Args)]
#[command(after_help = "Example: lithops job list --running")]
pub(crate) struct List {
    /// Only jobs that run
    #[arg(long)]
    running: bool,
    /// Print JSON: an array of objects
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &List) -> anyhow::Result<()> {
    let journal = Journal::of_user()?;
    let jobs = journal.list()?;
    tell_unreadable(&jobs);
    let mut jobs = jobs.readable;
    jobs.retain(|job| !arguments.running || job.state == State::Running);
    if jobs.is_empty() {
        remark(&format!("no such job is in the journal at {}", journal.folder().display()));
    }
    let lost: Vec<&Entry> = jobs.iter().filter(|job| can_be_taken_up(job)).collect();
    if let Some(first) = lost.first().filter(|_| !arguments.json) {
        let (count, job) = (lost.len(), first.job());
        remark(&format!(
            "lost with their clients, but can be taken up: {count}, with `lithops job attach ID`, such as \
             `lithops job attach {job}`"
        ));
    }
    match arguments.json {
        true => print(&format!("{}\n", Value::Array(jobs.iter().map(object).collect()))),
        false if jobs.is_empty() => Ok(()),
        false => print(&table(&jobs)),
    }
}

/// Whether a job was lost with its client and may still be where another can go on with it.
pub(super) fn can_be_taken_up(job: &Entry) -> bool {
    job.state == State::Lost && job.record().durable
}

fn table(jobs: &[Entry]) -> String {
    let heading =
        ["job", "state", "calls", "done", "failed", "took", "submitted", "backend", "title"];
    let mut table = Table::new(heading);
    for job in jobs {
        let (done, failed) = job.last.map_or((0, 0), |last| (last.done, last.failed));
        let record = job.record();
        table.add([
            job.job().to_string(),
            job.state.as_str().to_owned(),
            record.total.to_string(),
            done.to_string(),
            failed.to_string(),
            duration(took_ns(job)),
            instant(record.submitted_ns),
            record.backend.clone(),
            line(&record.title, 60),
        ]);
    }
    table.shown()
}

fn object(job: &Entry) -> Value {
    let record = job.record();
    let last = job.last;
    json!({
        "job": job.job(),
        "state": job.state.as_str(),
        "title": record.title,
        "backend": record.backend,
        "storage": job.storage(),
        "durable": record.durable,
        "program": job.program(),
        "pid": job.pid(),
        "submitted_ns": record.submitted_ns,
        "ended_ns": record.ended_ns,
        "total": record.total,
        "done": last.map_or(0, |last| last.done),
        "failed": last.map_or(0, |last| last.failed),
        "running": last.filter(|_| job.state == State::Running).map_or(0, |last| last.running),
    })
}

/// How long the job took, or has taken when it was last heard of.
pub(super) fn took_ns(job: &Entry) -> u64 {
    let record = job.record();
    let heard = job.last.map_or(0, |last| last.at_ns.saturating_sub(record.submitted_ns));
    if record.ended_ns.is_some() { wall_ns(record) } else { heard }
}
