//! `lithops doctor`: what would keep jobs from running, found before they do.

mod configured;
mod machine;
mod reach;
mod report;

use anyhow::bail;
use clap::Args;
use lithops::{Builder, Finding};
use lithops_core::ports::Executor as _;

use crate::output::tell;
use crate::settings::Settings;
use report::Report;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops doctor
  lithops doctor --backend code_engine --json

Each line is a thing that was looked at. An object is written to the storage and removed again; the
engine and the cloud are asked, and nothing of theirs is changed. The process ends with 1 if there is
a problem.")]
pub(crate) struct Doctor {
    /// Print JSON: an array with an object for each thing that was looked at
    #[arg(long)]
    json: bool,
}

/// Looks at everything, and tells it at once.
pub(crate) async fn run(arguments: &Doctor, settings: &Settings) -> anyhow::Result<()> {
    let report = Report(examine(settings).await);
    tell(&if arguments.json { report.json() } else { report.shown() })?;
    match report.problems() {
        0 => Ok(()),
        1 => bail!("there is a problem"),
        problems => bail!("there are {problems} problems"),
    }
}

/// In the order in which things are best mended; what stands on something broken is left out.
async fn examine(settings: &Settings) -> Vec<Finding> {
    let traced = match settings.traced() {
        Ok(traced) => traced,
        Err(error) => return vec![configured::refused(&error)],
    };
    let mut found = vec![configured::read(&traced)];
    found.extend(configured::readable_by_others(&traced));
    found.extend(machine::examine());
    let config = settings.over(traced.config);
    let exec = match Builder::new(config.clone()).build().await {
        Ok(exec) => exec,
        Err(error) => {
            found.push(configured::no_executor(&error));
            return found;
        }
    };
    let backend = exec.capability().backend;
    let storage = exec.storage().location();
    found.push(Finding::good("backend and storage", format!("{backend}, {}", storage.scheme)));
    found.extend(reach::examine(&config, backend, &storage));
    found.extend(exec.examine().await);
    exec.shutdown().await;
    found
}
