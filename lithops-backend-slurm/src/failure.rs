//! What a task's end means for its workers.
//!
//! A worker's own death is told by its task's first process, over a link or through storage; what
//! Slurm sees is the end of the task, and with it of all its workers. Where there are several nobody
//! knows which call is to blame: then each worker is lost, and calls run again.

use std::time::Duration;

use lithops_core::ports::WorkerState;
use lithops_core::wire::CallError;

use crate::task::{Cause, Failure};

/// What is true of all tasks of an array job.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    /// The name of the array job, and the task's number there.
    pub(crate) name: &'a str,
    pub(crate) task: u32,
    /// How many workers share a task.
    pub(crate) slots: u32,
    /// How long a task may run, if the configuration says it.
    pub(crate) time_limit: Option<Duration>,
}

/// The state of each worker of a task that has failed.
pub(crate) fn state(failure: &Failure, terms: &Terms<'_>) -> WorkerState {
    let cause = cause(failure, terms);
    let unseen = !failure.node.is_empty() && !has_never_worked(&failure.cause);
    WorkerState::Failed { running: None, unseen, cause }
}

/// What a task has died of, as its calls are told.
pub(crate) fn cause(failure: &Failure, terms: &Terms<'_>) -> CallError {
    if let (Cause::OutOfMemory, Some(limit), 1) = (&failure.cause, failure.memory, terms.slots) {
        // Slurm does not tell the peak: it was at the limit.
        return CallError::OutOfMemory { limit, peak: limit };
    }
    CallError::WorkerLost { reason: reason(failure, terms) }
}

/// Whether no call can have run: the first process itself has failed, and no worker ends it.
fn has_never_worked(cause: &Cause) -> bool {
    matches!(cause, Cause::Exited(_) | Cause::Held(_))
}

/// What a task has died of, in words.
pub(crate) fn reason(failure: &Failure, terms: &Terms<'_>) -> String {
    let Terms { name, task, slots, time_limit } = terms;
    let place = match failure.node.as_str() {
        "" => format!("its task {task} of {name}"),
        node => format!("its task {task} of {name} on {node}"),
    };
    let limit = match time_limit {
        Some(limit) => format!(" of {}s", limit.as_secs()),
        None => String::new(),
    };
    match &failure.cause {
        Cause::OutOfMemory => format!(
            "{place}, which {slots} workers shared, has used more memory than it had; raise \
             `slurm.runtime_memory`"
        ),
        Cause::TimeLimit => format!(
            "{place} has run for the whole of its time limit{limit}; raise `slurm.time_limit`, or \
             spread the calls over more workers"
        ),
        Cause::Node => format!("{place} has lost its node: see `sinfo -R`"),
        Cause::Preempted => format!("{place} was preempted by a job that goes before it"),
        Cause::Cancelled => format!("{place} was cancelled, by its user or the cluster's operator"),
        Cause::Exited(code) => {
            format!("{place} could not do its work, and ended with code {code}{}", told(failure))
        }
        Cause::Signalled(signal) => {
            format!("{place} was killed by signal {signal}{}", told(failure))
        }
        Cause::Held(word) => format!(
            "{place} will not be started before something changes ({word}): see `scontrol show job`"
        ),
        Cause::Other { state, reason } => {
            format!("{place} is {state} ({reason}){}", told(failure))
        }
    }
}

fn told(failure: &Failure) -> String {
    match failure.said.trim() {
        "" => String::new(),
        said => format!("; it said: {said}"),
    }
}

/// A task that Slurm does not know any more.
pub(crate) fn gone(terms: &Terms<'_>) -> String {
    format!(
        "its task {} of {} is not known to Slurm any more, and nobody has seen how it ended",
        terms.task, terms.name
    )
}

/// Tasks that wait for too long; `why` is Slurm's word for it.
pub(crate) fn stuck(terms: &Terms<'_>, why: &str, bound: Duration) -> String {
    format!(
        "its task {} of {} was not started while nothing else of the job happened for {bound:?} \
         ({why}); see `squeue --start`, or say another partition in `slurm.partition`",
        terms.task, terms.name
    )
}

/// An array job that could not be asked about for too long.
pub(crate) fn silent(terms: &Terms<'_>, since: Duration, error: &str) -> String {
    format!(
        "Slurm could not be asked about {} for {}s, and had not started task {} before; the last \
         error: {error}",
        terms.name,
        since.as_secs(),
        terms.task
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(cause: Cause, node: &str, slots: u32) -> (bool, CallError) {
        let (said, node) = ("lithops worker: no\n".to_owned(), node.to_owned());
        let failure = Failure { cause, node, memory: Some(1 << 20), said };
        let time_limit = Some(Duration::from_secs(60));
        match state(&failure, &Terms { name: "lithops-a", task: 3, slots, time_limit }) {
            WorkerState::Failed { running: None, unseen, cause } => (unseen, cause),
            state => panic!("{state:?}"),
        }
    }

    #[test]
    fn a_worker_with_a_task_to_itself_that_runs_out_of_memory_is_told_its_limit() {
        let limit = 1 << 20;
        let told = CallError::OutOfMemory { limit, peak: limit };
        assert_eq!(failed(Cause::OutOfMemory, "n1", 1), (true, told));
        let (_, shared) = failed(Cause::OutOfMemory, "n1", 2);
        assert!(matches!(shared, CallError::WorkerLost { .. }), "{shared}");
    }

    #[test]
    fn each_other_end_is_a_lost_worker_with_its_reason() {
        let place = "the worker was lost: its task 3 of lithops-a on n1";
        for (cause, unseen, told) in [
            (Cause::Node, true, "has lost its node: see `sinfo -R`"),
            (Cause::Preempted, true, "was preempted by a job that goes before it"),
            (Cause::Cancelled, true, "was cancelled, by its user or the cluster's operator"),
            (
                Cause::TimeLimit,
                true,
                "has run for the whole of its time limit of 60s; raise `slurm.time_limit`, or \
                 spread the calls over more workers",
            ),
            (Cause::Signalled(9), true, "was killed by signal 9; it said: lithops worker: no"),
            (
                Cause::Exited(125),
                false,
                "could not do its work, and ended with code 125; it said: lithops worker: no",
            ),
        ] {
            let (was_unseen, found) = failed(cause, "n1", 1);
            assert_eq!((was_unseen, found.to_string()), (unseen, format!("{place} {told}")));
        }
    }

    #[test]
    fn a_task_that_was_on_no_node_has_run_no_call() {
        let (unseen, told) = failed(Cause::Cancelled, "", 1);
        assert!(!unseen);
        assert!(told.to_string().contains("its task 3 of lithops-a was cancelled"), "{told}");
    }
}
