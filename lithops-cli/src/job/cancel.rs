//! `lithops job cancel`.

use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use lithops_observe::journal::{Journal, State};
use serde_json::json;

use super::follow::LOOK;
use crate::output::print;

/// How long a client may take to stop its job.
const BOUND: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
#[command(after_help = "Example: lithops job cancel 4f1c")]
pub(crate) struct Cancel {
    /// The job's id, or the beginning of it
    job: String,
    /// Print JSON: an object with the job, its state and its calls
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Cancel) -> anyhow::Result<()> {
    let journal = Journal::of_user()?;
    let job = journal.find(Some(&arguments.job))?;
    journal.cancel(&job)?;
    let asked = Instant::now();
    let name = job.job().as_str();
    while journal.find(Some(name))?.state == State::Running {
        if asked.elapsed() > BOUND {
            bail!(
                "the client of job {name} was asked to stop it {} s ago and has not: end process {}",
                BOUND.as_secs(),
                job.pid()
            );
        }
        std::thread::sleep(LOOK);
    }
    let ended = journal.find(Some(name))?;
    let (done, total) = (ended.last.map_or(0, |last| last.done), ended.record().total);
    let failed = ended.last.map_or(0, |last| last.failed);
    if arguments.json {
        let state = ended.state.as_str();
        let told = json!({
            "job": name, "state": state, "total": total, "done": done, "failed": failed,
        });
        return print(&format!("{told}\n"));
    }
    print(&format!(
        "job {name} has {}: {} of {total} calls have a value\n",
        if ended.state == State::Lost { "died with its client" } else { "ended" },
        done.saturating_sub(failed)
    ))
}
