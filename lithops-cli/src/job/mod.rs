//! `lithops job`: what the journal knows of jobs, and the way to stop one.

use clap::{Args, Subcommand};

mod attach;
mod cancel;
mod list;
mod report;
mod show;
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
    /// Show how far a job is until it ends; fails if a call of it has failed, or its client has died
    Attach(attach::Attach),
    /// Stop a job, and wait until it has ended
    Cancel(cancel::Cancel),
    /// Write a report of jobs: a page of HTML, or a picture in SVG or PNG
    Report(report::Report),
}

pub(crate) fn run(command: JobCommand) -> anyhow::Result<()> {
    match command {
        JobCommand::List(arguments) => list::run(&arguments),
        JobCommand::Show(arguments) => show::run(&arguments),
        JobCommand::Attach(arguments) => attach::run(&arguments),
        JobCommand::Cancel(arguments) => cancel::run(&arguments),
        JobCommand::Report(arguments) => report::run(&arguments),
    }
}
