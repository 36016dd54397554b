//! Array jobs, as they are seen and given up.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use lithops_core::ports::WorkerState;
use lithops_core::wire::CallError;

use super::*;
use crate::array::Part;

const BOUNDS: Bounds = Bounds { start: Duration::from_secs(900), time_limit: None };

fn jobs(slots: u32, workers: u32) -> (Jobs, JobId) {
    let (jobs, job) = (Jobs::default(), JobId::new("a", 1));
    let mark = jobs.begin(&job);
    assert!(jobs.add(&job, mark, [ordered(7, slots, workers, 0, 2)]));
    (jobs, job)
}

fn ordered(id: u64, slots: u32, workers: u32, first: u32, count: u32) -> Ordered {
    let (name, part) = ("lithops-a-001-w2-0".to_owned(), Part { first, count });
    Ordered { id, name, wave: 2, workers, slots, part }
}

fn sight(array: u64, task: u32, state: &str) -> Sight {
    let (node, reason) = ("n1".to_owned(), "Priority".to_owned());
    Sight { array, task, state: state.to_owned(), exit: 0, memory: None, node, reason }
}

fn states(jobs: &Jobs, job: &JobId) -> Vec<(u32, WorkerState)> {
    let told = jobs.workers(job, &BOUNDS);
    assert!(told.iter().all(|status| status.wave == 2));
    told.into_iter().map(|status| (status.worker, status.state)).collect()
}

fn reason(state: &WorkerState) -> &str {
    match state {
        WorkerState::Failed { cause: CallError::WorkerLost { reason }, .. } => reason,
        state => panic!("{state:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_stands_for_all_its_workers() {
    let (jobs, job) = jobs(4, 7);
    jobs.note(&job, &[7], &[sight(7, 0, "RUNNING"), sight(7, 1, "COMPLETED"), sight(8, 0, "X")]);
    let expected: Vec<_> = (0..4)
        .map(|worker| (worker, WorkerState::Running))
        .chain((4..7).map(|worker| (worker, WorkerState::Succeeded)))
        .collect();
    assert_eq!(states(&jobs, &job), expected);
}

#[tokio::test(start_paused = true)]
async fn the_tasks_of_a_second_array_go_on_counting() {
    let (jobs, job) = jobs(1, 3);
    let mark = jobs.begin(&job);
    assert!(jobs.add(&job, mark, [ordered(8, 1, 3, 2, 1)]));
    jobs.note(&job, &[7, 8], &[sight(8, 0, "RUNNING")]);
    assert_eq!(states(&jobs, &job)[2], (2, WorkerState::Running));
    assert_eq!(jobs.open(&job), [7, 8]);
    assert_eq!(jobs.forget(&job), Some(vec![7, 8]));
    assert_eq!(jobs.forget(&job), None);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_was_forgotten_meanwhile_has_no_arrays_any_more() {
    let (jobs, job) = (Jobs::default(), JobId::new("a", 1));
    let mark = jobs.begin(&job);
    assert!(jobs.wants(&job, mark));
    assert_eq!(jobs.forget(&job), Some(Vec::new()));
    let anew = jobs.begin(&job);
    assert!(!jobs.wants(&job, mark));
    assert!(!jobs.add(&job, mark, [ordered(7, 1, 1, 0, 1)]));
    assert!(jobs.add(&job, anew, [ordered(7, 1, 1, 0, 1)]));
    assert_eq!(jobs.forget_all(), [7]);
}

#[tokio::test(start_paused = true)]
async fn tasks_that_wait_are_given_up_only_when_nothing_else_happens() {
    let (jobs, job) = jobs(1, 2);
    let pass = |seconds| tokio::time::advance(Duration::from_secs(seconds));
    jobs.note(&job, &[7], &[sight(7, 0, "RUNNING"), sight(7, 1, "PENDING")]);
    pass(2000).await;
    // What runs may have no room for what waits.
    assert_eq!(states(&jobs, &job)[1].1, WorkerState::Pending);
    jobs.note(&job, &[7], &[sight(7, 0, "COMPLETED"), sight(7, 1, "PENDING")]);
    pass(900).await;
    assert_eq!(states(&jobs, &job)[1].1, WorkerState::Pending);
    pass(1).await;
    let told = states(&jobs, &job);
    assert_eq!(told[0].1, WorkerState::Succeeded);
    assert_eq!(
        reason(&told[1].1),
        "its task 1 of lithops-a-001-w2-0 was not started while nothing else of the job happened for \
         900s (Priority); see `squeue --start`, or say another partition in `slurm.partition`"
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_that_nobody_knows_yet_is_not_gone_and_one_miss_is_no_end() {
    let (jobs, job) = jobs(1, 2);
    for _ in 0..10 {
        jobs.note(&job, &[7], &[]);
    }
    assert_eq!(states(&jobs, &job)[0].1, WorkerState::Pending);
    jobs.note(&job, &[7], &[sight(7, 0, "RUNNING"), sight(7, 1, "RUNNING")]);
    jobs.note(&job, &[7], &[sight(7, 1, "RUNNING")]);
    assert_eq!(states(&jobs, &job)[0].1, WorkerState::Running);
    jobs.note(&job, &[7], &[sight(7, 1, "RUNNING")]);
    let told = states(&jobs, &job);
    assert!(reason(&told[0].1).ends_with("nobody has seen how it ended"), "{told:?}");
    assert_eq!(told[1].1, WorkerState::Running);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_can_not_be_asked_is_given_up_after_the_bound() {
    let (jobs, job) = jobs(1, 2);
    jobs.note(&job, &[7], &[sight(7, 0, "RUNNING"), sight(7, 1, "PENDING")]);
    tokio::time::advance(Duration::from_secs(900)).await;
    assert!(!jobs.note_silence(&job, "no", &BOUNDS));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(jobs.note_silence(&job, "no", &BOUNDS));
    let told = states(&jobs, &job);
    assert_eq!(told[0].1, WorkerState::Running);
    assert!(
        reason(&told[1].1)
            .ends_with("for 901s, and had not started task 1 before; the last error: no")
    );
    jobs.note(&job, &[7], &[sight(7, 0, "RUNNING"), sight(7, 1, "PENDING")]);
    assert_eq!(states(&jobs, &job)[1].1, WorkerState::Pending);
}

#[tokio::test(start_paused = true)]
async fn what_a_failed_task_has_printed_is_asked_for_once_and_told() {
    let (jobs, job) = jobs(1, 2);
    let failed = Sight { exit: 125 << 8, ..sight(7, 1, "FAILED") };
    let seen = [sight(7, 0, "CANCELLED"), failed];
    let untold = jobs.note(&job, &[7], &seen);
    let name = "lithops-a-001-w2-0".to_owned();
    assert_eq!(untold, [Untold { array: 7, name, task: 1 }]);
    assert_eq!(jobs.note(&job, &[7], &seen), []);
    jobs.tell(&job, &untold[0], "lithops instance: no\n");
    let told = states(&jobs, &job);
    assert!(reason(&told[1].1).ends_with("ended with code 125; it said: lithops instance: no"));
    assert_eq!(jobs.open(&job), Vec::<u64>::new());
}
