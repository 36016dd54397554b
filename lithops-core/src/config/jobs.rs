//! The terms of jobs that say no others, and the bounds of their executor.

use std::time::Duration;

use super::ConfigError;
use super::raw::RawLithops;
use crate::plan::RetryPolicy;

/// What `[lithops]` says of all jobs; what a job says itself goes before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobSettings {
    /// When a call is run again.
    pub retry: RetryPolicy,
    /// Limit of one attempt at a call; an hour by default, or less where the platform allows less.
    pub execution_timeout: Option<Duration>,
    /// How long a worker may take to say its first word; 30 s by default.
    pub start_bound: Option<Duration>,
    /// How long a worker that has calls may say nothing; 30 s by default.
    pub silence_bound: Option<Duration>,
}

impl JobSettings {
    pub(super) fn of(raw: &RawLithops) -> Result<Self, ConfigError> {
        let usual = RetryPolicy::default();
        if raw.worker_deaths == Some(0) {
            return Err(invalid("worker_deaths", "0", "it must be 1 or more: the first counts"));
        }
        Ok(Self {
            retry: RetryPolicy {
                worker_deaths: raw.worker_deaths.unwrap_or(usual.worker_deaths),
                retries: raw.retries.unwrap_or(usual.retries),
                backoff: backoff(raw.backoff)?.unwrap_or(usual.backoff),
            },
            execution_timeout: seconds("execution_timeout", raw.execution_timeout)?,
            start_bound: seconds("start_bound", raw.start_bound)?,
            silence_bound: seconds("silence_bound", raw.silence_bound)?,
        })
    }
}

fn invalid(key: &str, value: &str, reason: &str) -> ConfigError {
    let (key, value) = (format!("lithops.{key}"), format!("`{value}`"));
    ConfigError::Invalid { key, value, reason: reason.to_owned() }
}

fn backoff(said: Option<f64>) -> Result<Option<Duration>, ConfigError> {
    let Some(seconds) = said else { return Ok(None) };
    // Waits are a minute at most, however often they have doubled.
    if !(0.0..=60.0).contains(&seconds) {
        let reason = "it must be a number of seconds from 0 to 60";
        return Err(invalid("backoff", &seconds.to_string(), reason));
    }
    Ok(Some(Duration::from_secs_f64(seconds)))
}

fn seconds(key: &str, said: Option<u64>) -> Result<Option<Duration>, ConfigError> {
    match said {
        Some(0) => Err(invalid(key, "0", "it must be a number of seconds from 1 on")),
        said => Ok(said.map(Duration::from_secs)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use crate::config::Config;

    use super::*;

    fn jobs(text: &str) -> Result<JobSettings, ConfigError> {
        Config::resolve("", &format!("[lithops]\n{text}"), |_| None).map(|config| config.jobs)
    }

    #[test]
    fn every_key_reaches_its_place() {
        let text = "retries = 2\nworker_deaths = 5\nbackoff = 0.25\nexecution_timeout = 60\n\
                    start_bound = 7\nsilence_bound = 8";
        let expected = JobSettings {
            retry: RetryPolicy {
                worker_deaths: 5,
                retries: 2,
                backoff: Duration::from_millis(250),
            },
            execution_timeout: Some(Duration::from_secs(60)),
            start_bound: Some(Duration::from_secs(7)),
            silence_bound: Some(Duration::from_secs(8)),
        };
        assert_eq!(jobs(text), Ok(expected));
        assert_eq!(jobs(""), Ok(JobSettings::default()));
    }

    #[test]
    fn a_bound_that_bounds_nothing_is_refused_by_its_key() {
        for (text, key) in [
            ("worker_deaths = 0", "worker_deaths"),
            ("execution_timeout = 0", "execution_timeout"),
            ("start_bound = 0", "start_bound"),
            ("silence_bound = 0", "silence_bound"),
            ("backoff = -1", "backoff"),
            ("backoff = nan", "backoff"),
            ("backoff = 61", "backoff"),
        ] {
            let refused = jobs(text).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("`lithops.{key}` is ")), "{refused}");
        }
    }
}
