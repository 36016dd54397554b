//! What Code Engine says of a run, as states of its workers.
//!
//! Code Engine knows instances. One with several workers is told of each of them; which call a worker
//! was at is known to its instance alone, which tells it through storage.

mod failure;
mod index;
mod seconds;

use std::time::Duration;

use lithops_core::ports::{WorkerState, WorkerStatus};
use lithops_core::wire::CallError;

use crate::Combination;
use crate::resource::Run;
pub(crate) use index::{Index, held_up};
use index::{Indices, read};
pub(crate) use seconds::seconds;

/// What is true of all runs of a backend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// How many workers share an instance.
    pub(crate) slots: u32,
    /// What an instance has.
    pub(crate) combination: Combination,
    /// How long a run may take.
    pub(crate) timeout: Duration,
    /// How long nothing may happen while instances wait for their start.
    pub(crate) start_bound: Duration,
}

/// A run as it was ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ordered {
    pub(crate) name: String,
    pub(crate) wave: u32,
    /// How many workers the wave has.
    pub(crate) workers: u32,
    /// Whether each of them has an instance to itself, however many others share.
    pub(crate) alone: bool,
    /// The run's own indices.
    pub(crate) indices: Vec<u32>,
}

/// Instances have waited for too long.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stuck<'a> {
    /// So the platform says, with its word for why, if it has one.
    Waits(Option<&'a str>),
    /// The platform can't be asked.
    Silent {
        /// For how long.
        since: Duration,
        /// What came of it the last time.
        error: &'a str,
    },
}

/// What is known of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sight<'a> {
    /// Code Engine has answered.
    Seen(&'a Run),
    /// Code Engine does not know it yet.
    NotYet,
    /// Code Engine does not know it any more.
    Gone,
}

impl Ordered {
    /// The state of each of its instances.
    pub(crate) fn indices(&self, sight: Sight<'_>) -> Vec<(u32, Index)> {
        let read = match sight {
            Sight::Seen(run) => read(run),
            Sight::NotYet => Indices::default(),
            Sight::Gone => Indices::all(Index::Gone),
        };
        self.indices.iter().map(|index| (*index, read.of(*index))).collect()
    }

    /// The state of each of its workers. Those of instances that wait are given up if they are stuck.
    pub(crate) fn workers(
        &self,
        indices: &[(u32, Index)],
        stuck: Option<Stuck<'_>>,
        terms: &Terms,
    ) -> Vec<WorkerStatus> {
        let slots = if self.alone { 1 } else { terms.slots };
        let terms = &Terms { slots, ..*terms };
        let mut statuses = Vec::new();
        for (number, index) in indices {
            let state = match index {
                Index::Pending => match stuck {
                    Some(Stuck::Waits(why)) => lost(failure::stuck(&self.name, why, terms)),
                    Some(Stuck::Silent { since, error }) => {
                        lost(failure::silent(&self.name, since, error))
                    }
                    None => WorkerState::Pending,
                },
                Index::Running => WorkerState::Running,
                Index::Succeeded => WorkerState::Succeeded,
                Index::Gone => lost(failure::gone(&self.name)),
                Index::Failed { reason, begun } => {
                    failure::state(reason.as_deref(), *begun, &self.name, *number, terms)
                }
            };
            let first = number.saturating_mul(terms.slots);
            let workers = first..first.saturating_add(terms.slots).min(self.workers);
            statuses.extend(workers.map(|worker| WorkerStatus {
                wave: self.wave,
                worker,
                state: state.clone(),
            }));
        }
        statuses
    }
}

/// The end of a worker that had not begun, for all that is known.
fn lost(reason: String) -> WorkerState {
    WorkerState::Failed { running: None, unseen: false, cause: CallError::WorkerLost { reason } }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    fn terms(slots: u32) -> Terms {
        Terms {
            slots,
            combination: Combination::DEFAULT,
            timeout: Duration::from_secs(600),
            start_bound: Duration::from_secs(900),
        }
    }

    fn ordered(workers: u32, indices: impl IntoIterator<Item = u32>) -> Ordered {
        let indices = indices.into_iter().collect();
        Ordered { name: "lithops-a-001-w2".to_owned(), wave: 2, workers, alone: false, indices }
    }

    fn states(
        ordered: &Ordered,
        sight: Sight<'_>,
        stuck: bool,
        slots: u32,
    ) -> Vec<(u32, WorkerState)> {
        let indices = ordered.indices(sight);
        let stuck = stuck.then_some(Stuck::Waits(None));
        let statuses = ordered.workers(&indices, stuck, &terms(slots));
        assert!(statuses.iter().all(|status| status.wave == 2));
        statuses.into_iter().map(|status| (status.worker, status.state)).collect()
    }

    fn run(status: &str, details: serde_json::Value) -> Run {
        let run = json!({"name": "r", "status": status, "status_details": details});
        serde_json::from_value(run).unwrap()
    }

    fn reason(state: &WorkerState) -> String {
        match state {
            WorkerState::Failed {
                cause: CallError::WorkerLost { reason }, unseen: false, ..
            } => reason.clone(),
            state => panic!("{state:?}"),
        }
    }

    #[test]
    fn each_index_is_told_by_itself() {
        let details = json!({"pending_indices": "3", "indices_details": {
            "0": {"status": "succeeded"}, "1": {"status": "running"},
            "2": {"status": "failed", "last_failure_reason": "ContainerExitedCode3",
                "started_at": "2024-12-23T16:20:30Z"}}});
        let found = states(&ordered(4, 0..4), Sight::Seen(&run("running", details)), false, 1);
        assert_eq!(found[0], (0, WorkerState::Succeeded));
        assert_eq!(found[1], (1, WorkerState::Running));
        assert!(matches!(
            &found[2].1,
            WorkerState::Failed { cause: CallError::Exited { code: 3, .. }, .. }
        ));
        assert_eq!(found[3], (3, WorkerState::Pending));
    }

    #[test]
    fn lists_of_indices_tell_what_details_leave_out() {
        let details =
            json!({"running_indices": "0-1", "succeeded_indices": "2", "failed_indices": "3"});
        let found = states(&ordered(5, 0..5), Sight::Seen(&run("running", details)), false, 1);
        assert_eq!(found[1].1, WorkerState::Running);
        assert_eq!(found[2].1, WorkerState::Succeeded);
        assert!(reason(&found[3].1).contains("does not say why"), "{:?}", found[3]);
        assert_eq!(found[4].1, WorkerState::Pending);
    }

    #[test]
    fn an_index_stands_for_all_workers_of_its_instance() {
        let details = json!({"succeeded_indices": "1", "running_indices": "2"});
        let run = run("running", details);
        let found = states(&ordered(10, 1..3), Sight::Seen(&run), false, 4);
        let expected: Vec<_> = (4..8)
            .map(|worker| (worker, WorkerState::Succeeded))
            .chain((8..10).map(|worker| (worker, WorkerState::Running)))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_run_of_which_nothing_is_told_is_pending_until_it_is_stuck() {
        for (status, sight) in [("pending", true), ("", false)] {
            let run = run(status, json!(null));
            let sight = if sight { Sight::Seen(&run) } else { Sight::NotYet };
            let found = states(&ordered(1, [0]), sight, false, 1);
            assert_eq!(found, [(0, WorkerState::Pending)]);
            let stuck = states(&ordered(1, [0]), sight, true, 1);
            assert_eq!(
                reason(&stuck[0].1),
                "its instance was not started while nothing else of the job happened for 900s: the \
                 image can't be pulled, or others use up the project's quota; see `ibmcloud ce jobrun \
                 get --name lithops-a-001-w2`"
            );
        }
    }

    #[test]
    fn a_run_that_runs_and_tells_nothing_of_its_indices_has_workers_that_run() {
        for details in [json!(null), json!({}), json!({"indices_details": {}})] {
            let found = states(&ordered(1, [0]), Sight::Seen(&run("running", details)), true, 1);
            assert_eq!(found, [(0, WorkerState::Running)]);
        }
    }

    #[test]
    fn workers_that_share_no_instance_end_each_by_itself() {
        let details = json!({"indices_details": {"0": {"status": "succeeded"}, "1": {
            "status": "failed", "last_failure_reason": "OOMKilled",
            "started_at": "2024-12-23T16:20:30Z"}}});
        let ordered = Ordered { alone: true, ..ordered(2, 0..2) };
        let found = states(&ordered, Sight::Seen(&run("failed", details)), false, 4);
        assert_eq!((found.len(), &found[0]), (2, &(0, WorkerState::Succeeded)));
        assert!(matches!(
            &found[1],
            (1, WorkerState::Failed { cause: CallError::OutOfMemory { .. }, .. })
        ));
    }

    #[test]
    fn a_run_that_has_ended_tells_of_all_its_indices() {
        let found = states(&ordered(2, 0..2), Sight::Seen(&run("completed", json!({}))), true, 1);
        assert!(found.iter().all(|(_, state)| *state == WorkerState::Succeeded));
        let found = states(&ordered(2, 0..2), Sight::Seen(&run("failed", json!(null))), false, 1);
        assert!(reason(&found[1].1).contains("does not say why"));
    }

    #[test]
    fn a_run_that_vanished_takes_its_workers_with_it() {
        let found = states(&ordered(2, 0..2), Sight::Gone, false, 1);
        assert_eq!(found.len(), 2);
        assert_eq!(
            reason(&found[0].1),
            "its job run lithops-a-001-w2 is not there any more: somebody has deleted it, or its job \
             definition"
        );
    }

    #[test]
    fn an_index_that_is_out_of_sight_is_running_as_long_as_it_gives_signs_of_life() {
        let details = json!({"indices_details": {"0": {"status": "unknown"}}});
        let found = states(&ordered(1, [0]), Sight::Seen(&run("running", details)), true, 1);
        assert_eq!(found, [(0, WorkerState::Running)]);
    }
}
