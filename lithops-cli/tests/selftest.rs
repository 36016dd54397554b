//! `lithops test`: cases run on what is configured, and failures fail the command.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use std::path::Path;

use command::{Ended, lithops, run};
use serde_json::Value;

/// `lithops test` in a folder, with a storage in `root`.
fn test(folder: &Path, root: &Path, arguments: &[&str]) -> Ended {
    let settings = format!("[lithops]\nstorage = \"file\"\n[file]\nroot = {root:?}");
    std::fs::write(folder.join("lithops.toml"), settings).unwrap();
    let mut command = lithops();
    command.current_dir(folder).arg("test").args(arguments);
    run(&mut command)
}

#[test]
fn cases_of_backend_and_storage_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let listed = test(folder.path(), &folder.path().join("objects"), &["--list"]).printed();
    let of = |part: &str| listed.lines().filter(|name| name.starts_with(part)).count();
    assert!(of("backend::") > 40 && of("storage::") > 55, "{listed}");
    assert_eq!(of("backend::") + of("storage::"), listed.lines().count());
}

#[test]
fn all_cases_of_processes_and_a_folder_pass_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("objects");
    let told = test(folder.path(), &root, &["--json"]);
    let cases: Vec<Value> =
        told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.code, Some(0), "{told:?}");
    let ignored: Vec<_> = cases.iter().filter(|case| case["outcome"] == "ignored").collect();
    assert!(ignored.iter().all(|case| !case["reason"].as_str().unwrap().is_empty()));
    assert_eq!(
        ignored.iter().filter(|c| c["name"].as_str().unwrap().starts_with("backend")).count(),
        0
    );
    assert!(cases.iter().filter(|case| case["outcome"] == "passed").count() > 90, "{cases:?}");
    assert!(!root.join("lithops-test").exists());
}

#[test]
fn a_case_that_can_t_be_passed_is_ignored_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("objects");
    let wanted = ["--backend", "threads", "a_stack_overflow", "values_come_in_the_order"];
    let told = test(folder.path(), &root, &wanted).printed();
    let lines: Vec<&str> = told.lines().collect();
    assert!(
        lines[0].starts_with("ok       backend::values_come_in_the_order_of_inputs ("),
        "{told}"
    );
    let ignored =
        "ignored  backend::a_stack_overflow_is_a_signal: calls share the client's process";
    assert_eq!(lines[1], ignored);
    assert_eq!(lines.last().unwrap(), &"1 passed, 0 failed, 1 ignored");
    let error = test(folder.path(), &root, &["no_such_case"]).failed(1);
    assert_eq!(error, "error: no case has such a name: `lithops test --list` shows all\n");
}

#[test]
fn a_failure_is_told_with_its_place_and_can_be_the_last() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody can write there.
    let cases = ["what_was_put_is_read_back", "overwriting_replaces"];
    let all = test(folder.path(), Path::new("/proc"), &cases);
    assert_eq!((all.code, all.err.as_str()), (Some(1), "error: 2 cases failed\n"), "{all:?}");
    assert!(all.out.ends_with("\n0 passed, 2 failed, 0 ignored\n"), "{all:?}");
    assert!(all.out.contains("         lithops-testkit/src/storage/"), "{all:?}");
    let first = test(folder.path(), Path::new("/proc"), &[&cases[..], &["--exitfirst"]].concat());
    assert_eq!((first.code, first.err.as_str()), (Some(1), "error: 1 case failed\n"), "{first:?}");
    assert_eq!(first.out.matches("FAILED   storage::").count(), 1, "{first:?}");
}
