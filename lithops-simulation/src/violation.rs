//! What must never be, and was.

use std::time::Duration;

use lithops_core::wire::JobId;

/// What must never be, and was: an invariant of the library that a simulation found broken, or the
/// scenario's own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// The scenario panicked: an assertion of its own, most likely.
    #[error("the scenario panicked: {message}")]
    Panicked {
        /// What it said.
        message: String,
    },
    /// The scenario did not end.
    #[error("the scenario has not ended within {bound:?} of simulated time")]
    Unended {
        /// What it was given.
        bound: Duration,
    },
    /// The executor did not stop.
    #[error("the executor has not shut down within {bound:?} of simulated time")]
    NotShutDown {
        /// What it was given.
        bound: Duration,
    },
    /// A call has no outcome, or more than one.
    #[error("call {index} of {job} has {outcomes} outcomes")]
    Outcomes {
        /// The job.
        job: JobId,
        /// The call.
        index: u32,
        /// How many it has.
        outcomes: u32,
    },
    /// A call that does not exist has an outcome.
    #[error("{job} has no call {index}, but an outcome of it")]
    NoSuchCall {
        /// The job.
        job: JobId,
        /// The call.
        index: u32,
    },
    /// A value was not made by that call in that attempt.
    #[error("the value of call {index} of {job}, attempt {attempt}, is of no execution of it")]
    ValueOfNoExecution {
        /// The job.
        job: JobId,
        /// The call.
        index: u32,
        /// The attempt that is said to have made it.
        attempt: u32,
    },
    /// A call is said to have failed in a way in which it has not.
    #[error("call {index} of {job} is said to have failed as no execution of it has: {cause}")]
    CauseOfNoExecution {
        /// The job.
        job: JobId,
        /// The call.
        index: u32,
        /// The cause as told.
        cause: String,
    },
    /// A call ended as an attempt that had been given up, while another was under way.
    #[error("call {index} of {job} ended with the failure of attempt {attempt}, not of the newest")]
    OlderFailure {
        /// The job.
        job: JobId,
        /// The call.
        index: u32,
        /// The attempt that was taken.
        attempt: u32,
    },
    /// A call failed although nothing went wrong.
    #[error("call {index} of {job} failed, and nothing explains it: {cause}")]
    Unexplained {
        /// The job.
        job: JobId,
        /// The call.
        index: u32,
        /// The cause as told.
        cause: String,
    },
    /// A call ran more often than its policy says, workers that came to harm left out.
    #[error(
        "call {index} of {job} ran {executions} times on workers that no fault befell; {allowed} allowed"
    )]
    TooOften {
        /// The job.
        job: JobId,
        /// The call.
        index: u32,
        /// How often it ran there.
        executions: u32,
        /// How often it may run.
        allowed: u32,
    },
    /// An object of a job was left in the storage.
    #[error("object {key} was left behind")]
    LeftObject {
        /// Its key.
        key: String,
    },
    /// A worker was left alive.
    #[error("{worker} was left alive")]
    LeftWorker {
        /// Which one.
        worker: String,
    },
}
