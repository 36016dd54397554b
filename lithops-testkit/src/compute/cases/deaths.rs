//! Calls that take their worker along, or are taken along by it.

use lithops_core::api::ExecutorExt;
use lithops_core::wire::CallError;

use super::{SOON, only_failure};
use crate::compute::TestExecutor;
use crate::compute::functions::{
    abort_at_one, allocate, allocate_slowly, die_at_one, die_once_at_500, exit_at_one, hang_at_one,
    overflow_at_one,
};

pub async fn a_stack_overflow_is_a_signal(exec: TestExecutor) {
    let handle = exec.map(overflow_at_one, 0..4).submit().unwrap();
    let cause = only_failure(&handle, 1).await;
    let CallError::Signalled { signal: 6 | 11, report } = cause else { panic!("{cause:?}") };
    assert!(report.hint.contains("stack overflow"), "{report:?}");
}

pub async fn an_exit_is_told_with_its_code(exec: TestExecutor) {
    let handle = exec.map(exit_at_one, 0..4).submit().unwrap();
    let cause = only_failure(&handle, 1).await;
    assert!(matches!(cause, CallError::Exited { code: 3, .. }), "{cause:?}");
}

pub async fn an_abort_is_a_signal(exec: TestExecutor) {
    let handle = exec.map(abort_at_one, 0..4).submit().unwrap();
    let cause = only_failure(&handle, 1).await;
    assert!(matches!(cause, CallError::Signalled { signal: 6, .. }), "{cause:?}");
}

pub async fn a_call_that_kills_its_worker_is_named_after_three_attempts(exec: TestExecutor) {
    let handle = exec.map(die_at_one, 0..50).submit().unwrap();
    let cause = only_failure(&handle, 1).await;
    assert!(matches!(cause, CallError::Signalled { signal: 9, .. }), "{cause:?}");
    let earlier = handle.future(1).failed_attempts();
    let killed = |attempt: &lithops_core::ports::FailedAttempt| {
        matches!(attempt.cause, CallError::Signalled { signal: 9, .. })
    };
    assert_eq!(earlier.len(), 2);
    assert!(earlier.iter().all(killed), "{earlier:?}");
}

pub async fn a_worker_that_dies_costs_no_result(exec: TestExecutor) {
    let handle = exec.map(die_once_at_500, 0..1000).submit().unwrap();
    let values = handle.results().await.unwrap();
    assert_eq!(values, (1..=1000).collect::<Vec<_>>());
    let killed = handle.future(500);
    assert_eq!(killed.failed_attempts().len(), 1);
    assert_eq!(killed.stats().unwrap().attempts, 2);
    assert_eq!(handle.summary().repeated, 1);
}

pub async fn memory_beyond_the_limit_is_out_of_memory(exec: TestExecutor) {
    const LIMIT: u64 = 128 << 20;
    let at_once = exec.map(allocate, [1 << 20, 512 << 20]).memory(LIMIT).submit().unwrap();
    let slowly = exec.map(allocate_slowly, [1 << 20, 512 << 20]).memory(LIMIT).submit().unwrap();
    for handle in [at_once, slowly] {
        let cause = only_failure(&handle, 1).await;
        assert!(matches!(cause, CallError::OutOfMemory { limit: LIMIT, .. }), "{cause:?}");
    }
}

pub async fn a_hang_ends_at_its_limit(exec: TestExecutor) {
    let handle = exec.map(hang_at_one, 0..6).timeout(SOON).submit().unwrap();
    let cause = only_failure(&handle, 1).await;
    assert_eq!(cause, CallError::TimedOut { limit_ms: SOON.as_millis() as u64 });
    assert!(handle.future(1).stats().unwrap().busy >= SOON);
}
