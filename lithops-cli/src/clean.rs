//! `lithops clean`: what clients have left is told, and removed.

use std::time::Duration;

use clap::Args;
use lithops::{CleanScope, Cleaning, JobId, Leftover};
use lithops_core::ports::Executor as _;
use serde_json::json;

use crate::output::{print, remark};
use crate::settings::Settings;
use crate::table::Table;
use crate::{moment, size};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops clean
  lithops clean --yes
  lithops clean --job 0123456789ab-000 --yes

Without --yes nothing is removed. What clients of this machine that still run have is left alone,
unless --job or --all asks for it. What a job was kept for, so that another process takes it up, goes
too when it is old. Objects that calls keep for longer than their job are never removed.")]
pub(crate) struct Clean {
    /// Remove what was found; without it, it is only told
    #[arg(short, long)]
    yes: bool,
    /// What this job has, whoever may need it
    #[arg(long, value_name = "ID", value_parser = job, conflicts_with = "all")]
    job: Option<JobId>,
    /// Everything of Lithops on the platform and in the storage, whoever may need it
    #[arg(short, long)]
    all: bool,
    /// Take a job's objects for left behind when none was written for so long
    #[arg(
        long,
        value_name = "TIME",
        default_value = "1h",
        value_parser = humantime::parse_duration,
        conflicts_with_all = ["job", "all"],
    )]
    older_than: Duration,
    /// Print JSON: an object that tells what was found, and how many things were removed
    #[arg(long)]
    json: bool,
}

impl Clean {
    fn cleaning(&self) -> Cleaning {
        let scope = match &self.job {
            Some(job) => CleanScope::Job(job.clone()),
            None if self.all => CleanScope::All,
            None => CleanScope::Leftovers,
        };
        Cleaning { scope, older_than: self.older_than }
    }
}

/// Finds, and removes if that is wanted.
pub(crate) async fn run(arguments: Clean, settings: &Settings) -> anyhow::Result<()> {
    let cleaning = arguments.cleaning();
    let exec = settings.executor().await?;
    let found = exec.leftovers(&cleaning).await;
    // A platform that can't be asked keeps nothing else from being removed.
    let removed = match arguments.yes && found.as_ref().map_or(true, |found| !found.is_empty()) {
        true => exec.clean(&cleaning).await,
        false => Ok(0),
    };
    exec.shutdown().await;
    let (found, removed) = (found?, removed?);
    if arguments.json {
        return print(&as_json(&found, removed));
    }
    if found.is_empty() {
        remark("there is nothing to remove");
        return Ok(());
    }
    print(&match arguments.yes {
        true => format!("{}removed {}\n", shown(&found), things(removed)),
        false => shown(&found),
    })?;
    if !arguments.yes {
        remark("nothing was removed: --yes removes it");
    }
    Ok(())
}

fn shown(found: &[Leftover]) -> String {
    let mut table = Table::new(["kind", "name", "count", "size", "age"]);
    for Leftover { kind, name, count, bytes, changed } in found {
        table.add([
            (*kind).to_owned(),
            name.clone(),
            count.to_string(),
            bytes.map_or("-".to_owned(), size::shown),
            changed.map_or("-".to_owned(), moment::ago),
        ]);
    }
    table.shown()
}

fn as_json(found: &[Leftover], removed: usize) -> String {
    let found = found.iter().map(|Leftover { kind, name, count, bytes, changed }| {
        let changed = changed.map(moment::shown);
        json!({ "kind": kind, "name": name, "count": count, "bytes": bytes, "changed": changed })
    });
    let found: Vec<_> = found.collect();
    format!("{}\n", json!({ "found": found, "removed": removed }))
}

fn things(count: usize) -> String {
    if count == 1 { "1 thing".to_owned() } else { format!("{count} things") }
}

fn job(text: &str) -> Result<JobId, String> {
    JobId::from_text(text).ok_or_else(|| "a job is called as in 0123456789ab-000".to_owned())
}
