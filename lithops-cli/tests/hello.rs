//! `lithops hello`: calls run on the backend that is configured, or it is told why not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use std::path::Path;
use std::process::Command;

use command::{lithops, run};
use serde_json::Value;

/// The command in a folder with this configuration file, and no setting from elsewhere.
fn configured(folder: &Path, settings: &str) -> Command {
    std::fs::write(folder.join("lithops.toml"), settings).unwrap();
    let mut command = lithops();
    command.current_dir(folder);
    command
}

#[test]
fn a_call_runs_in_another_process_of_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let told = run(configured(folder.path(), "").arg("hello")).printed();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let (first, second) = told.split_once('\n').unwrap();
    assert!(first.starts_with("hello from process "), "{told}");
    assert!(first.ends_with(&format!(" on {}", host.trim())), "{told}");
    let took = second.strip_prefix("1 call on the backend processes in ");
    let took = took.and_then(|rest| rest.strip_suffix(" s, workers' start included\n"));
    let seconds: f64 = took.unwrap_or_else(|| panic!("{told}")).parse().unwrap();
    assert!(seconds > 0.0, "{told}");
}

#[test]
fn calls_run_where_the_file_says_and_the_options_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let told = |arguments: &[&str]| -> Value {
        let mut command = configured(folder.path(), "[lithops]\nbackend = \"threads\"");
        let hello = command.args(["hello", "--map", "9", "--json"]).args(arguments);
        serde_json::from_str(&run(hello).printed()).unwrap()
    };
    for (arguments, backend) in [(&[] as &[&str], "threads"), (&["-b", "processes"], "processes")] {
        let told = told(arguments);
        assert_eq!((&told["backend"], &told["calls"]), (&backend.into(), &9.into()), "{told}");
        let places = told["places"].as_array().unwrap();
        assert_eq!(places.iter().map(|place| place["calls"].as_u64().unwrap()).sum::<u64>(), 9);
    }
    assert_eq!(told(&[])["places"].as_array().unwrap().len(), 1);
}

#[test]
fn a_setting_that_can_t_be_used_is_told_with_a_code_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("[lithops]\nbackends = \"x\"", "lithops.toml: line 2: unknown field `backends`"),
        ("[lithops]\nbackend = \"x\"", "unknown backend `x`; known: processes,"),
        ("[lithops]\nstorage = \"x\"", "unknown storage `x`; known: file,"),
        ("[localhost]\nworker_processes = 0", "`worker_processes` is 0: it must be 1 or more"),
    ];
    for (settings, expected) in settings {
        let error = run(configured(folder.path(), settings).arg("hello")).failed(3);
        assert!(error.starts_with(&format!("error: {expected}")), "{error}");
    }
    let error = run(lithops().args(["hello", "--config", "/no/such.toml"])).failed(3);
    assert!(error.starts_with("error: /no/such.toml can't be read: No such file"), "{error}");
}

#[test]
fn what_the_library_does_is_told_on_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(configured(folder.path(), "").args(["--debug", "hello"]));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.starts_with("hello from process "), "{ended:?}");
    assert!(ended.err.contains("job submitted job="), "{ended:?}");
}
