//! Following a job by its journal while its client lives, and telling how far it is.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::Duration;

use lithops_core::wire::{JobId, JobRecord};
use lithops_observe::journal::{Change, Entry, Journal, Tick};

/// How often the journal is read, which grows once a second.
pub(super) const LOOK: Duration = Duration::from_millis(200);

/// How many calls of a job are where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) running: u64,
}

/// Follows a job to its end, and tells on standard error how far it is. Gives its record, without calls,
/// and how far it was; nothing if its client has died.
pub(super) fn follow(
    journal: &Journal,
    job: &Entry,
) -> anyhow::Result<Option<(Box<JobRecord>, Option<Tick>)>> {
    let mut follower = journal.follow(job)?;
    let mut told = Told::new(job.job(), u64::from(job.record().total));
    // The last of what is there already is news; all that was before is not.
    let mut last = None;
    loop {
        for change in follower.changes()? {
            match change {
                Change::Progress(tick) => last = Some(tick),
                Change::Ended(record) => {
                    last.iter().for_each(|tick| told.tell(counts(tick)));
                    told.end();
                    return Ok(Some((record, last)));
                }
                Change::Lost => {
                    told.end();
                    return Ok(None);
                }
                Change::Settled(_) => {}
            }
        }
        last.iter().for_each(|tick| told.tell(counts(tick)));
        std::thread::sleep(LOOK);
    }
}

fn counts(tick: &Tick) -> Counts {
    Counts { done: tick.done, failed: tick.failed, running: tick.running }
}

/// What has been told of a job's progress on standard error: one line that changes on a terminal, a line
/// for each change elsewhere.
#[derive(Debug)]
pub(super) struct Told<'a> {
    job: &'a JobId,
    total: u64,
    last: Option<Counts>,
}

impl<'a> Told<'a> {
    pub(super) fn new(job: &'a JobId, total: u64) -> Self {
        Self { job, total, last: None }
    }

    /// Tells how far the job is, unless that has been told.
    pub(super) fn tell(&mut self, counts: Counts) {
        if self.last.replace(counts) == Some(counts) {
            return;
        }
        let Counts { done, failed, running } = counts;
        let (job, total) = (self.job, self.total);
        let line = format!("{job}: {done} of {total} done, {failed} failed, {running} running");
        // There is nowhere else to say that it can't be said.
        match stderr().is_terminal() {
            true => write!(stderr(), "\r\x1b[K{line}").ok(),
            false => writeln!(stderr(), "{line}").ok(),
        };
    }

    /// Ends the line, so that another may follow.
    pub(super) fn end(&self) {
        if self.last.is_some() && stderr().is_terminal() {
            // As above.
            writeln!(stderr()).ok();
        }
    }
}
