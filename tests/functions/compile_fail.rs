//! What must not compile does not, and the compiler tells the user what to write instead.
//!
//! The texts are those of the stable compiler; another version may word or indent them otherwise.
//! Read the differences, then take the new texts over with
//! `TRYBUILD=overwrite cargo test -p lithops-functions --test compile_fail`. With the component `rust-src` the compiler
//! also quotes lines of the standard library: the texts are made without it.
//!
//! A closure that captures a `Copy` value is refused by the size of its type, which is only known
//! once code is made: `cargo check` does not see it. trybuild builds instead of checking because one
//! case is expected to pass.

#[test]
fn functions_and_values_that_cannot_be_sent_are_refused_with_advice() {
    let cases = trybuild::TestCases::new();
    cases.pass("compile_fail/accepted.rs");
    for case in [
        "captures_a_string",
        "captures_a_reference",
        "captures_a_number",
        "function_pointer",
        "argument_without_serde",
        "argument_that_borrows",
        "borrowing_parameter",
        "result_without_serde",
        "future_of_a_result_without_serde",
        "error_without_serde",
        "reducer_of_another_type",
        "tree_of_another_type",
        "shared_without_serde",
        "shared_without_sync",
    ] {
        cases.compile_fail(format!("compile_fail/{case}.rs"));
    }
}
