//! The list of what holds for functions on threads and on processes alike.

/// Calls `$then!` with the names of all cases, by module.
macro_rules! every_case {
    ($then:ident) => {
        $then! {
            forms {
                a_plain_fn_is_called,
                an_async_fn_is_awaited,
                instances_of_a_generic_fn_are_told_apart,
                methods_and_constructors_are_functions,
                functions_of_equal_name_in_two_modules_are_told_apart,
                a_function_inside_a_function_is_called,
                closures_of_one_parent_are_told_apart,
                closures_with_the_same_code_are_both_called,
                a_closure_of_a_generic_fn_is_called_for_each_instance,
                async_closures_and_blocks_are_awaited,
                a_fn_that_gives_a_future_is_awaited,
                a_closure_may_call_what_it_borrows_for,
            }
            values {
                bytes_and_numbers_come_back_exactly,
                texts_come_back_exactly,
                std_types_come_back_as_they_were,
                serde_attributes_are_honoured,
                nothing_and_none_keep_their_places,
                large_values_come_back_whole,
            }
            failures {
                errors_that_serde_cannot_carry_fail_the_call,
                an_own_error_type_fails_the_call_with_its_chain,
                errors_of_this_library_fail_the_call,
                an_error_that_serde_can_carry_comes_back_as_it_is,
                a_failure_ends_the_map_and_names_its_call,
            }
            shared {
                functions_borrow_the_shared_value,
                a_method_borrows_its_struct,
                a_tuple_stands_in_for_captures,
                the_shared_value_is_decoded_once_in_a_worker,
            }
            inside {
                a_call_knows_its_place_job_and_deadline,
                a_repeated_call_knows_its_attempt,
                calls_share_the_storage_of_their_job,
                a_call_may_start_programs,
                async_calls_that_call_do_not_wait_for_each_other,
                sync_calls_that_call_do_not_wait_for_each_other,
            }
        }
    };
}
pub(crate) use every_case;
