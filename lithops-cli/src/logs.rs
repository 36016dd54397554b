//! `lithops logs`: what the calls of a job have written.

use std::time::Duration;

use anyhow::bail;
use clap::Args;
use lithops_observe::journal::{Journal, LogLine, LogReader, State, Stream};

use crate::job::found;
use crate::output::{print, remark};
use crate::settings::{Settings, Useless};

/// How often the journal is read, which grows once a second.
const LOOK: Duration = Duration::from_millis(200);

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops logs
  lithops logs 4f1c --follow
  lithops logs 4f1c2a9e-001 --call 7

A call's text comes when the call has ended. Before each line stands the call, and `err` where it was
written to standard error.")]
pub(crate) struct Logs {
    /// The job's id, or the beginning of it; the latest by default
    job: Option<String>,
    /// Only what this call has written, as it was written
    #[arg(long, value_name = "INDEX")]
    call: Option<u32>,
    /// Go on until the job has ended
    #[arg(short, long)]
    follow: bool,
    /// Print JSON: an object in each line, for each stream of a call
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Logs, settings: &Settings) -> anyhow::Result<()> {
    settings.refuse(&["logs"], &Useless::ALL)?;
    let journal = Journal::of_user()?;
    let mut job = found(&journal, arguments.job.as_deref())?;
    let name = job.job().to_string();
    let mut logs = journal.logs(&job);
    let mut any = false;
    loop {
        // Asked before reading: what is written until the end is read after it.
        job = journal.find(Some(&name))?;
        any |= print_new(&mut logs, arguments)?;
        if !arguments.follow || job.state != State::Running {
            break;
        }
        std::thread::sleep(LOOK);
    }
    let total = job.record().total;
    let so_far = if job.state == State::Running { " so far" } else { "" };
    match arguments.call {
        _ if any => {}
        Some(call) if call >= total => bail!("job {name} has no call {call}: it has {total} calls"),
        Some(call) => remark(&format!("call {call} of job {name} has written nothing{so_far}")),
        None => remark(&format!("no call of job {name} has written anything{so_far}")),
    }
    let unlogged = job.last.map_or(0, |last| last.omitted.logs);
    if unlogged > 0 {
        remark(&format!(
            "what {unlogged} calls of job {name} have written is left out: the journal had no room"
        ));
    }
    Ok(())
}

/// Prints what is new; gives whether there was any.
fn print_new(logs: &mut LogReader, arguments: &Logs) -> anyhow::Result<bool> {
    let mut text = String::new();
    for line in logs.lines()? {
        if arguments.call.is_none_or(|call| call == line.call) {
            text.push_str(&shown(&line, arguments)?);
        }
    }
    if text.is_empty() {
        return Ok(false);
    }
    print(&text)?;
    Ok(true)
}

fn shown(line: &LogLine, arguments: &Logs) -> anyhow::Result<String> {
    if arguments.json {
        return Ok(format!("{}\n", serde_json::to_string(line)?));
    }
    let mut text = String::new();
    let end = if line.stream == Stream::Stderr { " err" } else { "" };
    if line.omitted > 0 {
        remark(&format!("call {}: {} bytes before these were left out", line.call, line.omitted));
    }
    if arguments.call.is_some() {
        return Ok(line.text.clone());
    }
    for written in line.text.lines() {
        text.push_str(&format!("[{}{end}] {written}\n", line.call));
    }
    Ok(text)
}
