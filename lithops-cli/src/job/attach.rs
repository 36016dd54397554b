//! `lithops job attach`.

use std::io::IsTerminal as _;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use lithops_core::wire::JobRecord;
use lithops_observe::figures::wall_ns;
use lithops_observe::journal::{Change, Entry, Journal, Tick};
use lithops_observe::quantity::duration;

use super::found;
use crate::output::tell;

/// How often the journal is read, which grows once a second.
pub(crate) const LOOK: Duration = Duration::from_millis(200);

#[derive(Debug, Args)]
#[command(after_help = "Example: lithops job attach 4f1c")]
pub(crate) struct Attach {
    /// The job's id, or the beginning of it; the latest by default
    job: Option<String>,
}

pub(super) fn run(arguments: &Attach) -> anyhow::Result<()> {
    let journal = Journal::of_user()?;
    let job = found(&journal, arguments.job.as_deref())?;
    follow(&journal, &job, |total, tick| {
        let Tick { done, failed, running, .. } = tick;
        let line =
            format!("{}: {done} of {total} done, {failed} failed, {running} running", job.job());
        match std::io::stdout().is_terminal() {
            // Over the line before.
            true => tell(&format!("\r\x1b[K{line}")),
            false => tell(&format!("{line}\n")),
        }
    })
    .and_then(|record| {
        if std::io::stdout().is_terminal() {
            tell("\n")?;
        }
        let Some((record, last)) = record else {
            bail!("job {} was lost: its client has died", job.job());
        };
        tell(&format!("{}: ended after {}\n", job.job(), duration(wall_ns(&record))))?;
        let total = u64::from(record.total);
        match last {
            Some(Tick { failed, .. }) if failed > 0 => {
                bail!(
                    "{failed} of {total} calls failed; `lithops job show {}` tells why",
                    job.job()
                )
            }
            Some(Tick { done, .. }) if done < total => {
                bail!("nobody waited for {} of {total} calls", total - done)
            }
            _ => Ok(()),
        }
    })
}

/// Follows a job to its end, telling how far it is. Gives its record, without calls, and how far it
/// was; nothing if its client has died.
pub(super) fn follow(
    journal: &Journal,
    job: &Entry,
    mut tell: impl FnMut(u32, Tick) -> anyhow::Result<()>,
) -> anyhow::Result<Option<(Box<JobRecord>, Option<Tick>)>> {
    let mut follower = journal.follow(job)?;
    let total = job.record().total;
    // The last of what is there already is news; all that was before is not.
    let (mut last, mut told) = (None, None);
    loop {
        for change in follower.changes()? {
            match change {
                Change::Progress(tick) => last = Some(tick),
                Change::Ended(record) => {
                    last.filter(|_| last != told).map_or(Ok(()), |tick| tell(total, tick))?;
                    return Ok(Some((record, last)));
                }
                Change::Lost => return Ok(None),
                Change::Settled(_) => {}
            }
        }
        if let Some(tick) = last.filter(|_| last != told) {
            tell(total, tick)?;
            told = last;
        }
        std::thread::sleep(LOOK);
    }
}
