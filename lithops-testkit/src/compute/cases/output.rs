//! What calls write to the standard streams.

use lithops_core::api::ExecutorExt;

use crate::compute::TestExecutor;
use crate::compute::functions::{double, speak, speak_much};

pub async fn what_a_call_writes_is_kept_with_it(exec: TestExecutor) {
    let handle = exec.map(speak, 0..20).submit().unwrap();
    handle.results().await.unwrap();
    for (index, future) in handle.futures().into_iter().enumerate() {
        let logs = future.logs().unwrap();
        assert_eq!(
            (logs.stdout, logs.stderr),
            (format!("out {index}\n"), format!("err {index}\n"))
        );
    }
    let silent = exec.map(double, [1]).submit().unwrap();
    silent.results().await.unwrap();
    assert_eq!(silent.future(0).logs(), None);
}

pub async fn a_huge_output_is_kept_in_part_and_the_rest_counted(exec: TestExecutor) {
    let handle = exec.map(speak_much, [20_000]).submit().unwrap();
    assert_eq!(handle.results().await.unwrap(), [20_000]);
    let logs = handle.future(0).logs().unwrap();
    assert_eq!(logs.stdout.len() as u64 + logs.omitted, 20_000 * 100);
    assert_eq!(logs.stdout.len(), 64 * 1024);
}
