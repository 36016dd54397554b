//! `lithops job`: what the journal knows of jobs, and the way to stop one.

use clap::{Args, Subcommand};
use lithops_observe::journal::{Entry, Jobs, Journal};

use crate::output::remark;
use crate::settings::{Settings, Useless};

mod attach;
mod cancel;
mod follow;
mod json;
mod list;
mod report;
mod results;
mod show;
mod take_up;
mod text;

#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  lithops job list
  lithops job show
  lithops job report 4f1c -o report.html

A job is named by its id, or by the beginning of it; without a name the latest is meant. The journal
has jobs that ran for a second or more, and those that failed."
)]
pub(crate) struct Job {
    #[command(subcommand)]
    pub(crate) command: JobCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobCommand {
    /// Show the jobs of the journal, the latest first
    List(list::List),
    /// Show what a job was and came to: its figures, its failures, its slowest calls
    Show(show::Show),
    /// Show how far a job is until it ends, and go on with it if its client has died; fails if a call has
    /// failed
    Attach(attach::Attach),
    /// Stop a job, and wait until it has ended
    Cancel(cancel::Cancel),
    /// Write a report of jobs: a page of HTML, or a picture in SVG or PNG
    Report(report::Report),
}

pub(crate) fn run(command: JobCommand, settings: &Settings) -> anyhow::Result<()> {
    // It alone may run calls.
    if !matches!(command, JobCommand::Attach(_)) {
        settings.refuse(&["job"], &Useless::ALL)?;
    }
    match command {
        JobCommand::List(arguments) => list::run(&arguments),
        JobCommand::Show(arguments) => show::run(&arguments),
        JobCommand::Attach(arguments) => attach::run(&arguments, settings),
        JobCommand::Cancel(arguments) => cancel::run(&arguments),
        JobCommand::Report(arguments) => report::run(&arguments),
    }
}

/// The job of this name, or the latest; tells of those that can't be read if one of them may be that.
pub(crate) fn found(journal: &Journal, name: Option<&str>) -> anyhow::Result<Entry> {
    let jobs = journal.list()?;
    if name.is_none() {
        tell_unreadable(&jobs);
    }
    Ok(jobs.find(name)?)
}

/// Tells which jobs are left out because their files can't be read.
fn tell_unreadable(jobs: &Jobs) {
    for (job, error) in &jobs.unreadable {
        remark(&format!("job {job} is left out: {error}"));
    }
}
