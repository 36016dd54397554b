//! Calls that run again, and jobs that are stopped.

use lithops_core::api::{ExecutorExt, Until};
use lithops_core::plan::RetryPolicy;
use lithops_core::wire::CallError;

use super::{only_failure, settled};
use crate::compute::TestExecutor;
use crate::compute::functions::{die_at_one, double, hang, hang_at_one, third_time_lucky};

pub async fn a_call_is_retried_as_often_as_asked(exec: TestExecutor) {
    let handle = exec.map(third_time_lucky, 0..4).retries(2).submit().unwrap();
    assert_eq!(handle.results().await.unwrap(), [3, 3, 3, 3]);
    assert_eq!(handle.future(2).failed_attempts().len(), 2);
    let handle = exec.map(third_time_lucky, [0]).retries(1).submit().unwrap();
    assert!(matches!(only_failure(&handle, 0).await, CallError::Failed(_)));
    assert_eq!(handle.future(0).failed_attempts().len(), 1);
}

pub async fn a_retry_policy_of_none_lets_a_death_stand(exec: TestExecutor) {
    let policy = RetryPolicy { worker_deaths: 1, ..RetryPolicy::default() };
    let handle = exec.map(die_at_one, 0..4).retry_policy(policy).submit().unwrap();
    only_failure(&handle, 1).await;
    assert_eq!(handle.future(1).failed_attempts(), []);
}

pub async fn cancelled_calls_say_so_and_finished_ones_keep_their_values(exec: TestExecutor) {
    let handle = exec.map(hang_at_one, 0..2).chunk_size(1).submit().unwrap();
    handle.wait(Until::Any).await;
    handle.cancel();
    assert_eq!(settled(&handle).await, [Ok(0), Err(CallError::Cancelled)]);
    // The workers are free again.
    assert_eq!(exec.map(double, [4]).await.unwrap(), [8]);
}

pub async fn dropping_all_futures_stops_the_job(exec: TestExecutor) {
    let workers = exec.capability().max_workers as u32;
    let futures = exec.map(|_: u32| hang(()), 0..workers).submit().unwrap().futures();
    drop(futures);
    assert_eq!(exec.map(double, [5]).await.unwrap(), [10]);
}
