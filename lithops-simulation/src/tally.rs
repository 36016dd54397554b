//! Who has done what: what the invariants are held against.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use lithops_core::plan::RetryPolicy;
use lithops_core::ports::Settled;
use lithops_core::wire::{CallError, JobId, Payload, keys};

use crate::violation::Violation;

/// Where a worker works: at the end of a lane, or by an order. A worker that was started twice has
/// one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Lane(u64),
    Task { job: JobId, wave: u32, worker: u32 },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lane(number) => write!(f, "lane {number}"),
            Self::Task { job, wave, worker } => write!(f, "worker {wave}.{worker} of {job}"),
        }
    }
}

/// One time that a call was begun.
#[derive(Debug)]
struct Execution {
    attempt: u32,
    place: Place,
    /// What came of it, once something has.
    made: Option<Made>,
}

/// What came of an execution.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Made {
    Outcome(Result<Payload, CallError>),
    /// The function brought its worker down.
    Death,
}

/// What an executor was asked for.
#[derive(Debug)]
struct Promise {
    policy: RetryPolicy,
    outcomes: Vec<u32>,
    /// Whether somebody has stopped it.
    stopped: bool,
    /// How many workers were hedged.
    hedged: u32,
    /// How often another client has taken it up.
    taken_up: u32,
    /// Whether its client was killed, and nobody has taken it up since.
    abandoned: bool,
}

/// Who has done what.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    promises: BTreeMap<JobId, Promise>,
    executions: BTreeMap<(JobId, u32), Vec<Execution>>,
    /// Workers that something has happened to, so that what they do may have to be done again.
    disturbed: BTreeSet<Place>,
    alive: BTreeMap<Place, u32>,
    /// Keys that a clean-up could not see.
    hidden: BTreeSet<String>,
    /// How many faults there were.
    faults: u64,
    violations: Vec<Violation>,
}

impl Tally {
    pub(crate) fn promise(&mut self, job: JobId, calls: u32, policy: RetryPolicy) {
        let outcomes = vec![0; calls as usize];
        let promise =
            Promise { policy, outcomes, stopped: false, hedged: 0, taken_up: 0, abandoned: false };
        self.promises.insert(job, promise);
    }

    pub(crate) fn stop(&mut self, job: &JobId) {
        if let Some(promise) = self.promises.get_mut(job) {
            promise.stopped = true;
        }
    }

    /// The executor has given the calls of so many workers to others because they had not begun.
    pub(crate) fn hedged(&mut self, job: &JobId, hedged: u32) {
        if let Some(promise) = self.promises.get_mut(job) {
            promise.hedged = hedged;
        }
    }

    /// Nobody owes anything to a client that was killed.
    pub(crate) fn client_is_killed(&mut self) {
        for promise in self.promises.values_mut() {
            promise.outcomes.clear();
            promise.abandoned = true;
        }
    }

    /// Another client owes all outcomes of a job from now on.
    pub(crate) fn take_up(&mut self, job: &JobId, calls: u32) {
        if let Some(promise) = self.promises.get_mut(job) {
            promise.outcomes = vec![0; calls as usize];
            promise.taken_up += 1;
            promise.abandoned = false;
        }
    }

    /// The job's objects stay: nobody has taken it up.
    pub(crate) fn is_abandoned(&self, key: &str) -> bool {
        let job = keys::prefix_of_job(key).and_then(|job| job.strip_prefix(keys::JOBS));
        let job = job.and_then(|job| JobId::from_text(job.strip_suffix('/')?));
        let promise = job.and_then(|job| self.promises.get(&job));
        promise.is_some_and(|promise| promise.abandoned)
    }

    /// All jobs are stopped.
    pub(crate) fn stop_all(&mut self) {
        self.promises.values_mut().for_each(|promise| promise.stopped = true);
    }

    pub(crate) fn fault(&mut self) {
        self.faults += 1;
    }

    pub(crate) fn disturb(&mut self, place: &Place) {
        if !self.disturbed.contains(place) {
            self.disturbed.insert(place.clone());
        }
    }

    pub(crate) fn hide(&mut self, key: &str) {
        self.hidden.insert(key.to_owned());
    }

    pub(crate) fn up(&mut self, place: &Place) {
        *self.alive.entry(place.clone()).or_default() += 1;
    }

    pub(crate) fn down(&mut self, place: &Place) {
        let left = self.alive.get_mut(place).map(|count| {
            *count -= 1;
            *count
        });
        if left == Some(0) {
            self.alive.remove(place);
        }
    }

    /// Notes that a call was begun; gives the number of the execution among the call's.
    pub(crate) fn begin(&mut self, job: &JobId, index: u32, attempt: u32, place: &Place) -> usize {
        let executions = self.executions.entry((job.clone(), index)).or_default();
        executions.push(Execution { attempt, place: place.clone(), made: None });
        executions.len() - 1
    }

    pub(crate) fn end(&mut self, job: &JobId, index: u32, execution: usize, made: Made) {
        let executions = self.executions.get_mut(&(job.clone(), index));
        if let Some(execution) = executions.and_then(|all| all.get_mut(execution)) {
            execution.made = Some(made);
        }
    }

    /// Takes an outcome as the executor has told it.
    pub(crate) fn settle(&mut self, job: &JobId, settled: &Settled) {
        let Settled { report, .. } = settled;
        let (index, attempt) = (report.index, report.attempt);
        let Some(promise) = self.promises.get_mut(job) else { return };
        match promise.outcomes.get_mut(index as usize) {
            Some(outcomes) => *outcomes += 1,
            None => return self.violations.push(Violation::NoSuchCall { job: job.clone(), index }),
        }
        let empty = Vec::new();
        let executions = self.executions.get(&(job.clone(), index)).unwrap_or(&empty);
        let made = Made::Outcome(report.outcome.clone());
        let of_attempt = executions.iter().filter(|execution| execution.attempt == attempt);
        let was_made = of_attempt.clone().any(|execution| execution.made.as_ref() == Some(&made));
        let call = || (job.clone(), index);
        let violation = match &report.outcome {
            Ok(_) if was_made => None,
            Ok(_) => {
                let (job, index) = call();
                Some(Violation::ValueOfNoExecution { job, index, attempt })
            }
            Err(cause) if is_of_function(cause) => {
                let newest = executions.iter().map(|execution| execution.attempt).max();
                let (job, index) = call();
                if !was_made {
                    Some(Violation::CauseOfNoExecution { job, index, cause: cause.to_string() })
                } else if newest > Some(attempt) {
                    Some(Violation::OlderFailure { job, index, attempt })
                } else {
                    None
                }
            }
            Err(CallError::Cancelled) if promise.stopped => None,
            Err(CallError::Upstream { .. }) => None,
            Err(cause) => {
                let died = executions.iter().any(|execution| execution.made == Some(Made::Death));
                // A job ends for want of workers also because one call kills them all.
                let deaths = || {
                    self.executions.iter().any(|((of, _), executions)| {
                        of == job && executions.iter().any(|e| e.made == Some(Made::Death))
                    })
                };
                let explained = self.faults > 0 || promise.stopped || died || deaths();
                let (job, index) = call();
                (!explained).then(|| Violation::Unexplained {
                    job,
                    index,
                    cause: cause.to_string(),
                })
            }
        };
        self.violations.extend(violation);
    }

    /// What was found wrong so far, and what is wrong now that all is over.
    pub(crate) fn into_violations(mut self) -> Vec<Violation> {
        for (job, promise) in &self.promises {
            for (index, outcomes) in (0..).zip(&promise.outcomes) {
                if *outcomes != 1 {
                    let (job, outcomes) = (job.clone(), *outcomes);
                    self.violations.push(Violation::Outcomes { job, index, outcomes });
                }
            }
        }
        for ((job, index), executions) in &self.executions {
            let Some(promise) = self.promises.get(job) else { continue };
            let policy = promise.policy;
            let calm = executions.iter().filter(|run| !self.disturbed.contains(&run.place));
            let deaths = calm.clone().filter(|run| run.made == Some(Made::Death)).count() as u32;
            let calm = calm.count() as u32;
            let often = policy.worker_deaths.max(policy.retries + 1);
            // Where nobody sees which call a worker died of, each neighbour may be blamed once.
            let allowed = 1 + policy.retries + promise.hedged + promise.taken_up;
            let of_deaths = if deaths > 0 { often + promise.outcomes.len() as u32 } else { 0 };
            if calm - deaths > allowed || deaths > of_deaths {
                let (job, index) = (job.clone(), *index);
                let violation = Violation::TooOften { job, index, executions: calm, allowed };
                self.violations.push(violation);
            }
        }
        let places = self.alive.keys().map(ToString::to_string);
        self.violations.extend(places.map(|worker| Violation::LeftWorker { worker }));
        self.violations
    }

    /// Whether an object that was left behind could not be seen when it was to be removed.
    pub(crate) fn was_hidden(&self, key: &str) -> bool {
        self.hidden.contains(key)
    }

    /// How many faults there were, and how many times calls were begun.
    pub(crate) fn counts(&self) -> (u64, usize) {
        (self.faults, self.executions.values().map(Vec::len).sum())
    }
}

/// Whether only a function can have brought a cause about.
fn is_of_function(cause: &CallError) -> bool {
    matches!(
        cause,
        CallError::Failed(_)
            | CallError::Panicked(_)
            | CallError::TimedOut { .. }
            | CallError::Argument(_)
            | CallError::Output(_)
            | CallError::UnknownFunction { .. }
    )
}
