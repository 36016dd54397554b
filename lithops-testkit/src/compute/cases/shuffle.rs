//! Pipelines by key.

use lithops_core::api::ExecutorExt;

use crate::compute::TestExecutor;
use crate::compute::functions::{
    listed, listed_or_die_once, scattered, scattered_or_die_once, word_lengths,
};

pub async fn pairs_are_reduced_by_key(exec: TestExecutor) {
    let texts = ["to be or not to be", "", "that is"].map(String::from);
    let pairs = exec.flat_map(word_lengths, texts).partitions(3);
    let mut counts = pairs.reduce_by_key(|a, b| a + b).await.unwrap();
    counts.sort_unstable();
    assert_eq!(counts, [(2, 6), (3, 1), (4, 1)]);
}

pub async fn pairs_are_grouped_by_key_in_the_order_of_inputs(exec: TestExecutor) {
    let pairs = exec.map(|call: u32| vec![(call % 2, call), (2, call)], 0..5).into_pairs();
    let groups = pairs.partitions(2).group_by_key(|key, calls: Vec<u32>| (key, calls));
    let mut groups = groups.await.unwrap();
    groups.sort_unstable();
    assert_eq!(groups, [(0, vec![0, 2, 4]), (1, vec![1, 3]), (2, vec![0, 1, 2, 3, 4])]);
}

pub async fn pairs_are_sorted_by_key(exec: TestExecutor) {
    let sorted = exec.flat_map(scattered, 0..4).partitions(3).sort_by_key().each_partition(listed);
    assert_eq!(sorted.await.unwrap().concat(), expected());
}

pub async fn a_death_in_either_stage_of_a_shuffle_costs_no_pair(exec: TestExecutor) {
    let pairs = exec.flat_map(scattered_or_die_once, 0..4).partitions(3).sort_by_key();
    let handle = pairs.each_partition(listed_or_die_once).submit().unwrap();
    assert_eq!(handle.results().await.unwrap().concat(), expected());
    assert_eq!(handle.summary().repeated, 2);
}

fn expected() -> Vec<(u32, u32)> {
    let mut pairs: Vec<_> = (0..4).flat_map(scattered).collect();
    pairs.sort_unstable();
    pairs
}
