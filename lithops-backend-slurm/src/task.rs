//! The state of a task, from what Slurm says of it.

use crate::queue::Sight;

/// The state of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Task {
    /// It waits, or nothing has been said of it.
    #[default]
    Pending,
    /// It runs.
    Running,
    /// It has ended well.
    Succeeded,
    /// It has ended in another way.
    Failed(Failure),
    /// Slurm does not know it any more.
    Gone,
}

/// How a task has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    /// The node; empty if it had not begun.
    pub(crate) node: String,
    /// Its memory in bytes, if it had a limit.
    pub(crate) memory: Option<u64>,
    /// The end of what it has printed.
    pub(crate) said: String,
}

/// What a task has failed of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It has used more memory than it had.
    OutOfMemory,
    /// It has run for as long as it might.
    TimeLimit,
    /// Its node has failed, or could not be booted.
    Node,
    /// Another job has taken its place.
    Preempted,
    /// Somebody has cancelled it.
    Cancelled,
    /// Its process has ended with this code.
    Exited(i32),
    /// Its process was killed by this signal.
    Signalled(i32),
    /// It waits for what does not come by itself, in Slurm's word for it.
    Held(String),
    /// Anything else, in Slurm's words.
    Other {
        /// The state.
        state: String,
        /// Why.
        reason: String,
    },
}

/// Why a task may wait until somebody changes something, as `squeue` has them.
const HELD: [&str; 12] = [
    "AccountNotAllowed",
    "BadConstraints",
    "DependencyNeverSatisfied",
    "InvalidAccount",
    "InvalidQOS",
    "JobHeldAdmin",
    "JobHeldUser",
    "PartitionNodeLimit",
    "PartitionTimeLimit",
    "QOSNotAllowed",
    "ReservationDeleted",
    "launch_failed_requeued_held",
];

/// Whether a task waits for what only somebody's hand can change.
///
/// A limit for each job is not met by the end of others, unlike one for all of an account or a group.
fn is_held(reason: &str) -> bool {
    let word = reason.replace(' ', "_");
    HELD.contains(&word.as_str()) || word.contains("PerJob")
}

impl Task {
    /// What is said of a task.
    pub(crate) fn of(sight: &Sight) -> Self {
        let cause = match sight.state.as_str() {
            "PENDING" if is_held(&sight.reason) => Cause::Held(sight.reason.clone()),
            "PENDING" | "CONFIGURING" | "REQUEUED" | "REQUEUE_HOLD" | "REQUEUE_FED"
            | "RESV_DEL_HOLD" | "SPECIAL_EXIT" => return Self::Pending,
            // One that is completing has processes left, or a node that does not answer: the workers'
            // own signs of life decide then.
            "RUNNING" | "COMPLETING" | "SUSPENDED" | "STOPPED" | "SIGNALING" | "RESIZING"
            | "STAGE_OUT" => return Self::Running,
            "COMPLETED" => return Self::Succeeded,
            "OUT_OF_MEMORY" => Cause::OutOfMemory,
            "TIMEOUT" | "DEADLINE" => Cause::TimeLimit,
            "NODE_FAIL" | "BOOT_FAIL" => Cause::Node,
            "PREEMPTED" => Cause::Preempted,
            "CANCELLED" | "REVOKED" => Cause::Cancelled,
            "FAILED" => ended(sight),
            _ => Cause::other(sight),
        };
        Self::Failed(Failure {
            cause,
            node: sight.node.clone(),
            memory: sight.memory,
            said: String::new(),
        })
    }

    /// Whether something may still come of it.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }
}

/// What Slurm writes to the log of a task that it kills for its memory, where Slurm itself looks at it
/// (`OverMemoryKill`) and not the kernel: the task's state says nothing of it.
const OVER_MEMORY: &str = "exceeded memory limit";

impl Failure {
    /// The same, with the end of what the task has printed.
    pub(crate) fn saying(mut self, said: String) -> Self {
        let killed = matches!(self.cause, Cause::Signalled(_) | Cause::Cancelled);
        if killed && said.contains(OVER_MEMORY) {
            self.cause = Cause::OutOfMemory;
        }
        self.said = said;
        self
    }
}

impl Cause {
    /// Whether the log of the task may tell more.
    pub(crate) fn has_log(&self) -> bool {
        matches!(self, Self::Exited(_) | Self::Signalled(_) | Self::Other { .. })
    }

    fn other(sight: &Sight) -> Self {
        Self::Other { state: sight.state.clone(), reason: sight.reason.clone() }
    }
}

/// How the process of a task has ended, from what `wait` says.
fn ended(sight: &Sight) -> Cause {
    let (signal, code) = (sight.exit & 0x7f, (sight.exit >> 8) & 0xff);
    match (signal, code) {
        (0, 0) => Cause::other(sight),
        (0, code) => Cause::Exited(code),
        (signal, _) => Cause::Signalled(signal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(state: &str, exit: i32) -> Task {
        Task::of(&Sight {
            array: 1,
            task: 0,
            state: state.to_owned(),
            exit,
            memory: Some(1 << 20),
            node: "n1".to_owned(),
            reason: "why".to_owned(),
        })
    }

    fn cause(state: &str, exit: i32) -> Cause {
        match task(state, exit) {
            Task::Failed(failure) => failure.cause,
            task => panic!("{task:?}"),
        }
    }

    #[test]
    fn each_end_is_told_apart() {
        for (state, exit, expected) in [
            ("OUT_OF_MEMORY", 0, Cause::OutOfMemory),
            ("TIMEOUT", 0, Cause::TimeLimit),
            ("NODE_FAIL", 0, Cause::Node),
            ("BOOT_FAIL", 0, Cause::Node),
            ("PREEMPTED", 15, Cause::Preempted),
            ("CANCELLED", 15, Cause::Cancelled),
            ("FAILED", 768, Cause::Exited(3)),
            ("FAILED", 9, Cause::Signalled(9)),
        ] {
            assert_eq!(cause(state, exit), expected, "{state}");
        }
        let other = Cause::Other { state: "FAILED".to_owned(), reason: "why".to_owned() };
        assert_eq!(cause("FAILED", 0), other);
        let new = Cause::Other { state: "EXPLODED".to_owned(), reason: "why".to_owned() };
        assert_eq!(cause("EXPLODED", 0), new);
    }

    #[test]
    fn a_task_that_slurm_kills_for_its_memory_says_so_in_its_log() {
        // As Slurm 22.05 prints it.
        let said = "slurmstepd-n3: error: StepId=15.batch exceeded memory limit (626466816 > \
                    314572800), being killed\n";
        let told = |state, exit, said: &str| match task(state, exit) {
            Task::Failed(failure) => failure.saying(said.to_owned()).cause,
            task => panic!("{task:?}"),
        };
        assert_eq!(told("FAILED", 9, said), Cause::OutOfMemory);
        assert_eq!(told("CANCELLED", 9, said), Cause::OutOfMemory);
        assert_eq!(told("FAILED", 9, "something else"), Cause::Signalled(9));
        assert_eq!(told("FAILED", 768, said), Cause::Exited(3));
    }

    #[test]
    fn what_waits_for_somebody_to_change_something_has_failed() {
        let sight = |reason: &str| Sight {
            array: 1,
            task: 0,
            state: "PENDING".to_owned(),
            exit: 0,
            memory: None,
            node: String::new(),
            reason: reason.to_owned(),
        };
        for reason in [
            "PartitionTimeLimit",
            "launch failed requeued held",
            "JobHeldAdmin",
            "QOSMaxCpuPerJobLimit",
            "AssocMaxMemPerJob",
        ] {
            let Task::Failed(failure) = Task::of(&sight(reason)) else { panic!("{reason}") };
            assert_eq!(failure.cause, Cause::Held(reason.to_owned()));
        }
        for reason in [
            "Priority",
            "QOSMaxCpuPerUserLimit",
            "AssocGrpCpuLimit",
            "ReqNodeNotAvail, UnavailableNodes:n1",
        ] {
            assert_eq!(Task::of(&sight(reason)), Task::Pending, "{reason}");
        }
    }

    #[test]
    fn what_waits_or_runs_is_open() {
        for (state, expected) in [
            ("PENDING", Task::Pending),
            ("CONFIGURING", Task::Pending),
            ("RUNNING", Task::Running),
            ("SUSPENDED", Task::Running),
            ("COMPLETING", Task::Running),
        ] {
            assert_eq!(task(state, 0), expected, "{state}");
            assert!(task(state, 0).is_open());
        }
        assert_eq!(task("COMPLETED", 0), Task::Succeeded);
        assert!(!Task::Gone.is_open());
    }
}
