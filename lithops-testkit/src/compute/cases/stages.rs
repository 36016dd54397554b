//! Chains and reductions.

use lithops_core::api::ExecutorExt;

use crate::compute::TestExecutor;
use crate::compute::functions::{double, joined, length, same, sum, total_length, zeros};

pub async fn a_map_chains_onto_a_map(exec: TestExecutor) {
    let values = exec.map(double, 0..50).map(double).map(|x: u32| x + 1).await.unwrap();
    assert_eq!(values, (0..50).map(|x| x * 4 + 1).collect::<Vec<_>>());
    let first = exec.map(zeros, [10, 300_000, 0]).submit().unwrap();
    assert_eq!(first.map(length).await.unwrap(), [10, 300_000, 0]);
}

pub async fn large_results_are_handed_on_whole(exec: TestExecutor) {
    let sizes = [1 << 20, 5, 200_000];
    assert_eq!(exec.map(zeros, sizes).map(length).await.unwrap(), sizes);
    let total: usize = sizes.iter().sum();
    assert_eq!(exec.map_reduce(zeros, sizes, total_length).await.unwrap(), total);
}

pub async fn a_reducer_gets_values_in_input_order(exec: TestExecutor) {
    let words = ["to", "be", "or", "not"].map(String::from);
    let text = exec.map_reduce(same, words, joined).await.unwrap();
    assert_eq!(text, "to be or not");
}

pub async fn a_tree_of_reducers_gives_what_one_would(exec: TestExecutor) {
    let words: Vec<String> = (0..30).map(|x| x.to_string()).collect();
    let text = exec.map_reduce(same, words.clone(), joined).tree(4).await.unwrap();
    assert_eq!(text, words.join(" "));
}

pub async fn each_key_has_a_reducer(exec: TestExecutor) {
    let parity = |x: &u32| if x.is_multiple_of(2) { "even" } else { "odd" };
    let sums = exec.map_reduce_by_key(double, [3, 4, 5, 6], parity, sum).await.unwrap();
    assert_eq!(sums, [("odd", 16), ("even", 20)]);
}
