//! `lithops job attach`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use lithops::StoredJob;
use lithops_core::wire::JobId;
use lithops_observe::figures::wall_ns;
use lithops_observe::journal::{Entry, Journal, JournalError, Tick};
use lithops_observe::quantity::duration;

use super::follow::follow;
use super::found;
use super::take_up::{find, look_up, take_up};
use crate::failure::told;
use crate::output::remark;
use crate::settings::Settings;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops job attach 4f1c
  lithops job attach 0123456789ab-000 --output results.jsonl
  lithops job attach 0123456789ab-000 --program target/release/words

A job whose client has died is gone on with, if it was sent `.through_storage()`; its whole id is enough
then, on any machine that reaches the storage and has the key. Ctrl-C leaves it there, to be gone on
with again.")]
pub(crate) struct Attach {
    /// The job's id, or the beginning of it; the latest by default
    job: Option<String>,
    /// Write the results of a job that is gone on with into this file, and not to standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Start its workers from this program; by default from the one that its client has named
    #[arg(long, value_name = "PATH")]
    pub(super) program: Option<PathBuf>,
    /// Leave its objects in the storage when every call has a value, too
    #[arg(long)]
    pub(super) keep: bool,
}

/// Where something is known of a job.
enum Known {
    Journal(Journal, Box<Entry>),
    /// In a storage, if anywhere.
    Elsewhere(JobId),
}

pub(super) fn run(arguments: &Attach, settings: &Settings) -> anyhow::Result<()> {
    let (journal, entry) = match known(arguments.job.as_deref())? {
        Known::Journal(journal, entry) => (journal, entry),
        Known::Elsewhere(job) => return lithops::block_on(go_on(&job, arguments, settings)),
    };
    let (job, total) = (entry.job(), u64::from(entry.record().total));
    let (record, last) = match follow(&journal, &entry)? {
        None if entry.record().durable => {
            return lithops::block_on(go_on(job, arguments, settings));
        }
        None => bail!(
            "job {job} was lost: its client has died, and nothing of it is where another could go on \
             with it; a job that is sent `.through_storage()`, to a storage that other processes reach, \
             can be taken up"
        ),
        Some(ended) => ended,
    };
    if entry.record().durable
        && let Some(left) = lithops::block_on(left_to_others(job, settings))
    {
        return lithops::block_on(take_up(left, arguments, settings));
    }
    remark(&format!("{job}: ended after {}", duration(wall_ns(&record))));
    if let Some(path) = &arguments.output {
        remark(&format!("`{}` is not written: the results were the client's own", path.display()));
    }
    match last {
        Some(Tick { failed, .. }) if failed > 0 => {
            bail!("{failed} of {total} calls failed; `lithops job show {job}` tells why")
        }
        Some(Tick { done, .. }) if done < total => {
            bail!("nobody waited for {} of {total} calls", total - done)
        }
        _ => Ok(()),
    }
}

async fn go_on(job: &JobId, arguments: &Attach, settings: &Settings) -> anyhow::Result<()> {
    take_up(find(job, settings).await?, arguments, settings).await
}

/// A job that has ended for its client, which has left it in the storage for others.
async fn left_to_others(job: &JobId, settings: &Settings) -> Option<StoredJob> {
    match look_up(job, settings).await {
        Ok(stored) => stored.filter(|stored| !stored.client_lives),
        Err(error) => {
            let error = told(&error);
            remark(&format!("whether results of {job} are in a storage can't be told: {error}"));
            None
        }
    }
}

/// Finds a job in the journal; where that has none of this name, it may be the whole id of one that only a
/// storage knows.
fn known(name: Option<&str>) -> anyhow::Result<Known> {
    let in_journal = || {
        let journal = Journal::of_user()?;
        let entry = found(&journal, name)?;
        Ok(Known::Journal(journal, Box::new(entry)))
    };
    in_journal().or_else(|error: anyhow::Error| {
        let is_missing = matches!(
            error.downcast_ref(),
            Some(JournalError::Unknown { .. } | JournalError::NoFolder)
        );
        let whole = name.and_then(JobId::from_text).filter(|_| is_missing);
        whole.map(Known::Elsewhere).ok_or(error)
    })
}
