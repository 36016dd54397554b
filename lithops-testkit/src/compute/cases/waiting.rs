//! Streams, waits and futures.

use futures::StreamExt;
use lithops_core::api::{CallState, ExecutorExt, Until};

use super::SOON;
use crate::compute::TestExecutor;
use crate::compute::functions::{double, hang_at_one, slower_first};

pub async fn results_stream_in_order_and_as_they_come(exec: TestExecutor) {
    let handle = exec.map(slower_first, 0..8).chunk_size(1).submit().unwrap();
    let unordered: Vec<_> = handle.stream_unordered().collect().await;
    assert_eq!(unordered.len(), 8);
    assert!(unordered.iter().all(|(index, value)| value == &Ok(*index as u64)));
    let ordered: Vec<_> = handle.stream().map(Result::unwrap).collect().await;
    assert_eq!(ordered, (0..8).collect::<Vec<_>>());
}

pub async fn waiting_ends_at_a_count_a_fraction_or_a_deadline(exec: TestExecutor) {
    let handle = exec.map(hang_at_one, [0, 1, 2, 3]).chunk_size(1).submit().unwrap();
    assert!(!handle.wait(Until::Any).await.done.is_empty());
    let report = handle.wait(Until::Fraction(0.75)).await;
    assert_eq!((report.done.len(), report.pending.as_slice()), (3, &[1][..]));
    let report = handle.wait_for(Until::All, SOON).await;
    assert_eq!(report.pending, [1]);
    assert_eq!(handle.wait(Until::Count(2)).await.done.len(), 3);
    let futures = handle.futures();
    let report = exec.wait(&futures, Until::All, Some(SOON)).await;
    assert_eq!((report.done, report.pending), (vec![0, 2, 3], vec![1]));
    assert_eq!(futures[1].state(), CallState::Pending);
}

pub async fn futures_can_be_awaited_in_any_order_and_twice(exec: TestExecutor) {
    let handle = exec.map(double, 0..10).submit().unwrap();
    let mut futures = handle.futures();
    drop(handle);
    futures.reverse();
    let values = exec.get_result(futures).await.unwrap();
    assert_eq!(values, (0..10).rev().map(|x| x * 2).collect::<Vec<_>>());
    let mut future = exec.call_async(double, 4).submit().unwrap();
    assert_eq!(((&mut future).await, (&mut future).await), (Ok(8), Ok(8)));
}
