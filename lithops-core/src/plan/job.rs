//! A job that is ready to run.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use super::JobInputs;
use crate::wire::{CallError, CallRange, FunctionId};

/// A job that is ready to run: what to call, with what, in which portions, on which terms.
#[derive(Clone, Debug)]
pub struct PlannedJob {
    /// What to call.
    pub function: FunctionId,
    /// The encoded value that all calls share.
    pub shared: Option<Bytes>,
    /// The arguments.
    pub inputs: JobInputs,
    /// The portions in which calls go to workers.
    pub chunks: Vec<CallRange>,
    /// The type of the results, as the compiler names it.
    pub result_type: &'static str,
    /// The terms.
    pub options: JobOptions,
}

/// The terms on which a job runs.
#[derive(Clone, Debug, PartialEq)]
pub struct JobOptions {
    /// What progress and logs call it; the function's path by default.
    pub name: Option<String>,
    /// Calls in a chunk; chosen by the planner by default.
    pub chunk_size: Option<u32>,
    /// Limit of one attempt at a call.
    pub timeout: TimeLimit,
    /// About how long a call takes, for an estimate of the job's price.
    pub expected: Option<Duration>,
    /// Limit of a worker's memory in bytes; none by default.
    pub memory: Option<u64>,
    /// When a call is run again.
    pub retry: RetryPolicy,
    /// Environment variables for the workers.
    pub environment: BTreeMap<String, String>,
    /// Which way calls and results take.
    pub transport: Transport,
    /// Results larger than this many bytes stay in storage and are handed on by reference.
    pub store_above: Option<u64>,
    /// Whether its calls write objects of their own below the job's prefix, as those of a shuffle do.
    pub writes_objects: bool,
}

impl Default for JobOptions {
    fn default() -> Self {
        Self {
            name: None,
            chunk_size: None,
            timeout: TimeLimit::Usual,
            expected: None,
            memory: None,
            retry: RetryPolicy::default(),
            environment: BTreeMap::new(),
            transport: Transport::Best,
            store_above: None,
            writes_objects: false,
        }
    }
}

impl JobOptions {
    /// These options, with what nobody has set of them as it is in `usual`.
    pub(crate) fn over(self, usual: Self) -> Self {
        let unset = Self::default();
        Self {
            timeout: if self.timeout == unset.timeout { usual.timeout } else { self.timeout },
            retry: if self.retry == unset.retry { usual.retry } else { self.retry },
            ..self
        }
    }
}

/// Limit of one attempt at a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeLimit {
    /// One hour, or what the platform allows if that is less.
    #[default]
    Usual,
    /// This long.
    After(Duration),
    /// As long as the platform lets it run.
    Never,
}

impl TimeLimit {
    /// The limit where calls can run no longer than `most`; `Err` with that if more is wanted.
    ///
    /// ```
    /// use std::time::Duration;
    /// use lithops_core::plan::TimeLimit;
    ///
    /// let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
    /// assert_eq!(TimeLimit::Usual.within(None), Ok(Some(hour)));
    /// assert_eq!(TimeLimit::Usual.within(Some(minute)), Ok(Some(minute)));
    /// assert_eq!(TimeLimit::After(hour).within(Some(minute)), Err(minute));
    /// ```
    pub fn within(self, most: Option<Duration>) -> Result<Option<Duration>, Duration> {
        const USUAL: Duration = Duration::from_secs(3600);
        match (self, most) {
            (Self::Usual, most) => Ok(Some(most.map_or(USUAL, |most| most.min(USUAL)))),
            (Self::After(limit), Some(most)) if limit > most => Err(most),
            (Self::After(limit), _) => Ok(Some(limit)),
            (Self::Never, _) => Ok(None),
        }
    }
}

/// Which way calls and results take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Straight to the workers where the backend can, else through storage.
    #[default]
    Best,
    /// Through storage, so that another process can take the job up.
    Storage,
}

/// When a call is run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most attempts at a call that may fail because its worker died.
    pub worker_deaths: u32,
    /// The most times that a call is run again for any other cause that may pass.
    pub retries: u32,
    /// Wait before the first repetition; doubles with each one.
    pub backoff: Duration,
}

impl Default for RetryPolicy {
    /// Three attempts where workers die; the function's own failures are final.
    fn default() -> Self {
        Self { worker_deaths: 3, retries: 0, backoff: Duration::from_millis(50) }
    }
}

impl RetryPolicy {
    /// The wait before another attempt after `failures` failed ones; `None` if there is none.
    pub fn again(&self, cause: &CallError, failures: u32) -> Option<Duration> {
        if !cause.is_repeatable() {
            return None;
        }
        let allowed = if cause.is_worker_death() {
            self.worker_deaths.saturating_sub(1).max(self.retries)
        } else {
            self.retries
        };
        (failures <= allowed).then(|| self.wait(failures))
    }

    /// The wait after so many failures in a row, a minute at most.
    pub(crate) fn wait(&self, failures: u32) -> Duration {
        let doubled = self.backoff.saturating_mul(1 << failures.saturating_sub(1).min(16));
        doubled.min(Duration::from_secs(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_worker_is_forgiven_twice_and_a_panic_never() {
        let policy = RetryPolicy::default();
        let lost = CallError::WorkerLost { reason: String::new() };
        assert_eq!(policy.again(&lost, 1), Some(Duration::from_millis(50)));
        assert_eq!(policy.again(&lost, 2), Some(Duration::from_millis(100)));
        assert_eq!(policy.again(&lost, 3), None);
        assert_eq!(policy.again(&CallError::TimedOut { limit_ms: 1 }, 1), None);
    }

    #[test]
    fn what_can_never_help_is_not_tried() {
        let policy = RetryPolicy { retries: 9, ..RetryPolicy::default() };
        assert_eq!(policy.again(&CallError::Cancelled, 1), None);
        assert!(policy.again(&CallError::TimedOut { limit_ms: 1 }, 9).is_some());
        assert_eq!(policy.again(&CallError::TimedOut { limit_ms: 1 }, 10), None);
    }
}
