//! How far a job is, and what it came to.

use std::fmt;
use std::time::Duration;

use crate::ports::{StorageRequests, Usage};

/// How far a job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Calls of the job.
    pub total: usize,
    /// Calls that have their outcome, failed ones included.
    pub done: usize,
    /// Calls whose outcome is a failure.
    pub failed: usize,
    /// Calls that are with workers.
    pub running: usize,
}

/// What a job came to, stages before it (the map of a `map_reduce`) included.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSummary {
    /// What was called.
    pub title: String,
    /// Calls of the job and of stages before it.
    pub calls: usize,
    /// Calls with a value.
    pub succeeded: usize,
    /// Calls whose outcome is a failure.
    pub failed: usize,
    /// Calls that were run more than once.
    pub repeated: usize,
    /// Workers that had a part in it, the most of any stage.
    pub workers: usize,
    /// Workers that were late to begin, so that others were started for their calls.
    pub hedged: usize,
    /// From submission to the last outcome, or to now.
    pub wall: Duration,
    /// The sum of the calls' own times.
    pub busy: Duration,
    /// Bytes of the job's own results.
    pub result_bytes: u64,
    /// How often storage was asked, for jobs that go through it.
    pub requests: StorageRequests,
    /// What the job was expected to use, where the platform has a price and
    /// `expect_each` said how long a call takes.
    pub estimate: Option<Usage>,
    /// What the calls that have ended have cost at least: their own times, on instances that all slots
    /// of were at work; `None` where nobody bills.
    pub so_far: Option<Usage>,
    /// What the job has used by the platform's own count, once it has told:
    /// [`finished`](crate::api::JobHandle::finished) waits for that.
    pub used: Option<Usage>,
}

impl JobSummary {
    /// How many times longer the calls would have taken one after another.
    pub fn speed_up(&self) -> f64 {
        self.busy.as_secs_f64() / self.wall.as_secs_f64().max(1e-9)
    }
}

impl fmt::Display for JobSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} calls, {} failed, {:.2} s wall, {:.2} s busy, {:.2}x speed-up, {} workers",
            self.calls,
            self.failed,
            self.wall.as_secs_f64(),
            self.busy.as_secs_f64(),
            self.speed_up(),
            self.workers
        )?;
        if self.repeated > 0 {
            write!(f, ", {} calls repeated", self.repeated)?;
        }
        if self.hedged > 0 {
            write!(f, ", {} workers hedged that were late to begin", self.hedged)?;
        }
        let StorageRequests { client, workers } = self.requests;
        if client + workers > 0 {
            write!(f, "; {client} + {workers} requests to storage by client and workers")?;
        }
        if let Some(estimate) = &self.estimate {
            write!(f, "; estimated: {estimate}")?;
        }
        match (&self.used, &self.so_far) {
            (Some(used), _) => write!(f, "; used: {used}"),
            (None, Some(so_far)) => write!(f, "; so far at least: {so_far}"),
            (None, None) => Ok(()),
        }
    }
}
