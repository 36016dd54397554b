//! The list of cases, once: each kind of suite reads it.

/// Calls a macro of this crate with what it was given, and then the cases by what they need.
///
/// A case that stands in no group here is found by a test.
#[doc(hidden)]
#[macro_export]
macro_rules! compute_cases {
    ($callback:ident $given:tt) => {
        $crate::$callback! { @cases $given
            every: [
                values_come_in_the_order_of_inputs,
                no_inputs_give_no_values,
                empty_results_keep_their_places,
                an_error_comes_back_with_its_chain,
                an_error_that_serde_can_carry_comes_back_as_it_is,
                the_first_failure_ends_a_map_and_names_the_call,
                a_panic_comes_back_with_its_place,
                a_hang_ends_at_its_limit,
                an_argument_that_cannot_be_read_is_named,
                an_argument_that_cannot_be_written_stops_the_job_before_it_starts,
                a_result_that_cannot_be_written_is_named,
                an_unknown_function_is_named_with_those_that_are_known,
                a_huge_result_arrives_whole,
                cancelled_calls_say_so_and_finished_ones_keep_their_values,
                dropping_all_futures_stops_the_job,
                a_call_is_retried_as_often_as_asked,
                results_stream_in_order_and_as_they_come,
                waiting_ends_at_a_count_a_fraction_or_a_deadline,
                futures_can_be_awaited_in_any_order_and_twice,
                a_shared_value_reaches_every_call,
                a_map_chains_onto_a_map,
                large_results_are_handed_on_whole,
                a_failure_upstream_is_told_downstream,
                a_reducer_gets_values_in_input_order,
                a_tree_of_reducers_gives_what_one_would,
                each_key_has_a_reducer,
                pairs_are_reduced_by_key,
                pairs_are_grouped_by_key_in_the_order_of_inputs,
                pairs_are_sorted_by_key,
                a_call_knows_where_it_is,
                chunks_of_any_size_give_the_same,
                jobs_run_side_by_side,
            ]
            isolation: [
                a_stack_overflow_is_a_signal,
                an_exit_is_told_with_its_code,
                an_abort_is_a_signal,
                a_call_that_kills_its_worker_is_named_after_three_attempts,
                a_worker_that_dies_costs_no_result,
                a_retry_policy_of_none_lets_a_death_stand,
                a_death_in_either_stage_of_a_shuffle_costs_no_pair,
            ]
            memory_limit: [
                memory_beyond_the_limit_is_out_of_memory,
            ]
            environment: [
                an_environment_reaches_the_workers_of_its_job,
            ]
            output: [
                what_a_call_writes_is_kept_with_it,
                a_huge_output_is_kept_in_part_and_the_rest_counted,
            ]
        }
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_in_the_list() {
        let sources = [
            include_str!("cases/deaths.rs"),
            include_str!("cases/failures.rs"),
            include_str!("cases/output.rs"),
            include_str!("cases/repetition.rs"),
            include_str!("cases/shuffle.rs"),
            include_str!("cases/stages.rs"),
            include_str!("cases/values.rs"),
            include_str!("cases/waiting.rs"),
        ];
        let list = include_str!("list.rs");
        let cases = sources.iter().flat_map(|source| source.split("pub async fn ").skip(1));
        let names = cases.map(|case| case.split('(').next().unwrap());
        let unlisted: Vec<_> = names.filter(|name| !list.contains(name)).collect();
        assert_eq!(unlisted, Vec::<&str>::new());
    }
}
