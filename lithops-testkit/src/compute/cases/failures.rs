//! Failures that are the function's or its types' own.

use lithops_core::api::ExecutorExt;
use lithops_core::error::Error;
use lithops_core::function::register;
use lithops_core::plan::{JobInputs, JobOptions, PackedInputs, PlannedJob, chunks};
use lithops_core::wire::{CallError, FunctionId};

use super::only_failure;
use crate::compute::TestExecutor;
use crate::compute::functions::{
    Unreadable, Unwritable, double, even_or_error, even_or_value, give_unwritable, panic_at_three,
    sum, take_unreadable,
};

pub async fn an_error_comes_back_with_its_chain(exec: TestExecutor) {
    let handle = exec.map(even_or_error, [0, 1, 2]).submit().unwrap();
    let CallError::Failed(error) = only_failure(&handle, 1).await else { panic!("another cause") };
    assert_eq!(
        (error.message.as_str(), error.chain.as_slice()),
        ("refused", &["the number is odd".to_owned()][..])
    );
    assert!(error.kind.ends_with("Refused"), "{}", error.kind);
}

pub async fn an_error_that_serde_can_carry_comes_back_as_it_is(exec: TestExecutor) {
    let handle = exec.map(even_or_value, [0, 1]).submit().unwrap();
    assert_eq!(handle.results().await.unwrap(), [Ok(0), Err("1 is odd".to_owned())]);
    let returned_err: Vec<_> =
        handle.futures().iter().map(|future| future.stats().unwrap().returned_err).collect();
    assert_eq!(returned_err, [false, true]);
}

pub async fn the_first_failure_ends_a_map_and_names_the_call(exec: TestExecutor) {
    let error = exec.map(even_or_error, [0, 2, 3, 4]).await.unwrap_err();
    let Error::Call { index: 2, cause: CallError::Failed(_), function, .. } = error else {
        panic!("{error}")
    };
    assert!(function.ends_with("even_or_error"), "{function}");
}

pub async fn a_panic_comes_back_with_its_place(exec: TestExecutor) {
    let handle = exec.map(panic_at_three, 0..6).submit().unwrap();
    let CallError::Panicked(report) = only_failure(&handle, 3).await else {
        panic!("another cause")
    };
    assert_eq!(report.message, "three is not to be");
    assert!(report.file.ends_with("functions.rs") && report.line > 0, "{report}");
    assert!(report.backtrace.contains("panic_at_three"), "{}", report.backtrace);
}

pub async fn an_argument_that_cannot_be_read_is_named(exec: TestExecutor) {
    let handle = exec.map(take_unreadable, [Unreadable { field: 1 }]).submit().unwrap();
    let CallError::Argument(error) = only_failure(&handle, 0).await else { panic!("another") };
    assert!(
        error.type_name.ends_with("Unreadable") && error.message == "not to be read",
        "{error}"
    );
}

pub async fn an_argument_that_cannot_be_written_stops_the_job_before_it_starts(exec: TestExecutor) {
    let refused = exec.map(|_: Unwritable| (), [Unwritable]).submit();
    let Err(Error::Argument { index: 0, cause }) = refused else { panic!("{refused:?}") };
    assert_eq!(cause.message, "not to be written");
}

pub async fn a_result_that_cannot_be_written_is_named(exec: TestExecutor) {
    let handle = exec.map(give_unwritable, [0]).submit().unwrap();
    let CallError::Output(error) = only_failure(&handle, 0).await else { panic!("another") };
    assert!(
        error.type_name.contains("Unwritable") && error.message == "not to be written",
        "{error}"
    );
}

pub async fn an_unknown_function_is_named_with_those_that_are_known(exec: TestExecutor) {
    use lithops_core::function::{MapFn, Plain};
    fn known<F: Fn(u32) -> u32 + Copy + 'static>(_: F) -> FunctionId {
        register::<MapFn<F, u32, u32, Plain>>().id
    }
    let mut function = known(double);
    function.path = "gone::double".to_owned();
    function.type_id ^= 1;
    let inputs = PackedInputs::encode([1u32, 2]).unwrap();
    let plan = PlannedJob {
        function,
        shared: None,
        chunks: chunks(2, 1, None),
        inputs: JobInputs::Ready(inputs),
        result_type: "u32",
        options: JobOptions::default(),
    };
    let mut submitted = exec.submit(plan).unwrap();
    let mut failures = Vec::new();
    while let Some(event) = submitted.events.recv().await {
        if let lithops_core::ports::JobEvent::Settled(batch) = event {
            failures.extend(batch.into_iter().filter_map(|settled| settled.report.outcome.err()));
        }
    }
    assert_eq!(failures.len(), 2);
    let CallError::UnknownFunction { path, known, .. } = &failures[0] else {
        panic!("{failures:?}")
    };
    assert_eq!(path, "gone::double");
    assert!(known.iter().any(|name| name.ends_with("functions::double (u32) -> u32")), "{known:?}");
    exec.release(&submitted.id);
}

pub async fn a_failure_upstream_is_told_downstream(exec: TestExecutor) {
    let handle = exec.map(even_or_error, [2, 3]).map(double).submit().unwrap();
    let cause = only_failure(&handle, 1).await;
    let CallError::Upstream { index: 1, cause, .. } = cause else { panic!("{cause:?}") };
    assert!(matches!(*cause, CallError::Failed(_)));
    let error = exec.map_reduce(even_or_error, 0..5, sum).await.unwrap_err();
    assert!(matches!(error, Error::Call { cause: CallError::Upstream { .. }, .. }), "{error}");
}
