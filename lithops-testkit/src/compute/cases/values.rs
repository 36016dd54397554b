//! What comes back, and in which order.

use lithops_core::api::ExecutorExt;

use crate::compute::TestExecutor;
use crate::compute::functions::{double, length, scaled, sum, where_am_i, zeros};

pub async fn values_come_in_the_order_of_inputs(exec: TestExecutor) {
    let values = exec.map(double, 0..100).await.unwrap();
    assert_eq!(values, (0..100).map(|x| x * 2).collect::<Vec<_>>());
    assert_eq!(exec.call_async(double, 21).await.unwrap(), 42);
}

pub async fn no_inputs_give_no_values(exec: TestExecutor) {
    assert_eq!(exec.map(double, []).await.unwrap(), []);
    assert_eq!(exec.map_reduce(double, [], sum).await.unwrap(), 0);
}

pub async fn empty_results_keep_their_places(exec: TestExecutor) {
    let some_none = exec.map(|x: u32| x.is_multiple_of(2).then_some(x), 0..4u32).await.unwrap();
    assert_eq!(some_none, [Some(0), None, Some(2), None]);
    assert_eq!(exec.map(|_: u32| (), 0..3u32).await.unwrap(), [(), (), ()]);
    assert_eq!(exec.map(zeros, [0, 2, 0]).await.unwrap(), [vec![], vec![0, 0], vec![]]);
}

pub async fn a_huge_result_arrives_whole(exec: TestExecutor) {
    let values = exec.map(zeros, [20 << 20, 3]).await.unwrap();
    assert_eq!(values.iter().map(Vec::len).collect::<Vec<_>>(), [20 << 20, 3]);
    let argument = vec![7u8; 20 << 20];
    assert_eq!(exec.map(length, [argument]).await.unwrap(), [20 << 20]);
}

pub async fn a_shared_value_reaches_every_call(exec: TestExecutor) {
    let values = exec.map_with(7u64, 0..100u64, scaled).await.unwrap();
    assert_eq!(values, (0..100).map(|x| x * 7).collect::<Vec<_>>());
}

pub async fn chunks_of_any_size_give_the_same(exec: TestExecutor) {
    for size in [1, 7, 1000] {
        let values = exec.map(double, 0..200).chunk_size(size).await.unwrap();
        assert_eq!(values, (0..200).map(|x| x * 2).collect::<Vec<_>>());
    }
}

pub async fn a_call_knows_where_it_is(exec: TestExecutor) {
    let places = exec.map(where_am_i, 0..3).await.unwrap();
    assert_eq!(places, [(0, 1, true, true), (1, 1, true, true), (2, 1, true, true)]);
    let limitless = exec.map(where_am_i, [0]).no_timeout().await.unwrap();
    assert_eq!(limitless, [(0, 1, false, true)]);
}

pub async fn an_environment_reaches_the_workers_of_its_job(exec: TestExecutor) {
    let variable = |_: u32| std::env::var("LITHOPS_SUITE").ok();
    let set = exec.map(variable, 0..4u32).env("LITHOPS_SUITE", "x").await.unwrap();
    assert_eq!(set, vec![Some("x".to_owned()); 4]);
    assert_eq!(exec.map(variable, 0..4u32).await.unwrap(), [None, None, None, None]);
}

pub async fn jobs_run_side_by_side(exec: TestExecutor) {
    let handles: Vec<_> =
        (0..5u32).map(|k| exec.map(double, (k * 10)..(k * 10 + 10)).submit().unwrap()).collect();
    for (k, handle) in (0u32..).zip(handles) {
        let expected: Vec<u32> = (k * 10..k * 10 + 10).map(|x| x * 2).collect();
        assert_eq!(handle.results().await.unwrap(), expected);
    }
}
