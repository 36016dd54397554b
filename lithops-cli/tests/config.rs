//! `lithops config`: settings are shown with their origin, checked, and taken over from Python.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use command::{lithops, run};

/// `lithops config` in a folder with this `lithops.toml` and nothing else around.
fn config(home: &TempDir, text: &str, arguments: &[&str]) -> Command {
    fs::write(home.path().join("lithops.toml"), text).unwrap();
    let mut command = lithops();
    command.arg("config").args(arguments).current_dir(home.path()).env_clear();
    command.env("HOME", home.path());
    command
}

const FILE: &str = "[lithops]\nbackend = \"threads\"\n[ibm]\niam_api_key = \"s3cr3t\"\n";

#[test]
fn each_setting_is_shown_with_who_has_said_it() {
    let home = tempfile::tempdir().unwrap();
    let mut show = config(&home, FILE, &["show", "--storage", "memory"]);
    let shown = run(show.env("LITHOPS_REDIS_PORT", "7")).printed();
    let file = home.path().join("lithops.toml");
    let file = file.to_str().unwrap();
    let lines: Vec<Vec<&str>> =
        shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        lines,
        [
            vec!["configuration", "file:", file],
            vec!["KEY", "VALUE", "FROM"],
            vec!["lithops.backend", "threads", file],
            vec!["lithops.storage", "memory", "option", "--storage"],
            vec!["ibm.iam_api_key", "***", file],
            vec!["redis.port", "7", "LITHOPS_REDIS_PORT"],
        ]
    );
}

#[test]
fn a_program_is_told_all_settings_and_no_secret() {
    let home = tempfile::tempdir().unwrap();
    let mut show = config(&home, FILE, &["show", "--all", "--json"]);
    let shown = run(show.env("LITHOPS_MINIO_SESSION_TOKEN", "s3cr3t")).printed();
    assert!(!shown.contains("s3cr3t"), "{shown}");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let settings = shown["settings"].as_array().unwrap();
    let of = |key: &str| settings.iter().find(|setting| setting["key"] == key).unwrap();
    let variable = "LITHOPS_MINIO_SESSION_TOKEN";
    let token = json!({ "key": "minio.session_token", "value": "***", "from": variable });
    assert_eq!(of("minio.session_token"), &token);
    assert_eq!(of("redis.db"), &json!({ "key": "redis.db", "value": "0", "from": "default" }));
    assert_eq!(of("ibm.region")["value"], Value::Null);
}

#[test]
fn settings_that_make_an_executor_are_good() {
    let home = tempfile::tempdir().unwrap();
    let checked = run(&mut config(&home, FILE, &["check"])).printed();
    assert!(checked.ends_with("lithops.toml\nbackend threads, storage memory\n"), "{checked}");
    let file = home.path().join("lithops.toml");
    let expected = json!({ "file": file, "backend": "threads", "storage": "memory" });
    let checked = run(&mut config(&home, FILE, &["check", "--json"])).printed();
    assert_eq!(serde_json::from_str::<Value>(&checked).unwrap(), expected);
    // What a variable says is no default.
    let other = tempfile::tempdir().unwrap();
    let mut check = lithops();
    let check = check.args(["config", "check"]).current_dir(other.path());
    let checked = run(check.env("LITHOPS_BACKEND", "threads")).printed();
    assert_eq!(checked, "good: no file\nbackend threads, storage memory\n");
}

#[test]
fn settings_that_make_none_are_told() {
    let home = tempfile::tempdir().unwrap();
    for (text, told) in [
        ("[lithops]\nbakend = \"x\"", "lithops.toml: line 2: unknown field `bakend`"),
        ("[lithops]\nbackend = \"x\"", "unknown backend `x`; known: processes"),
        ("[lithops]\nbackend = \"code_engine\"", "`region` is missing"),
        ("[lithops]\nretries = -1", "lithops.toml: line 2: "),
    ] {
        let error = run(&mut config(&home, text, &["check"])).failed(3);
        assert!(error.starts_with(&format!("error: {told}")), "{error}");
    }
    let text = "[lithops]\nstorage = \"minio\"\n[minio]\nstorage_bucket = \"jobs\"\n\
                endpoint = \"not a url\"\naccess_key_id = \"a\"\nsecret_access_key = \"b\"";
    let error = run(&mut config(&home, text, &["check"])).failed(3);
    assert!(error.contains("can't be used as the address of a server"), "{error}");
}

const YAML: &str = "lithops:\n  backend: localhost\n  log_level: DEBUG\nlocalhost:\nibm:\n  \
                    iam_api_key: s3cr3t\n";

#[test]
fn a_file_of_python_is_taken_over_and_only_its_owner_reads_it() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("a.yaml"), YAML).unwrap();
    let printed = run(&mut config(&home, "", &["import", "a.yaml"])).printed();
    assert_eq!(
        printed,
        "# From `a.yaml`, a file of Lithops for Python.\n#\n\
         # Left out, for it has nothing to do here:\n\
         # - `lithops.log_level`: events go to the program's subscriber of `tracing`\n\n\
         [lithops]\nbackend = \"localhost\"\n\n[ibm]\niam_api_key = \"s3cr3t\"\n"
    );
    let (output, arguments) = (home.path().join("b.toml"), ["import", "a.yaml", "-o", "b.toml"]);
    let ended = run(&mut config(&home, "", &arguments));
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""), "{ended:?}");
    assert_eq!(fs::read_to_string(&output).unwrap(), printed);
    assert_eq!(fs::metadata(&output).unwrap().permissions().mode() & 0o777, 0o600);
    let checked = run(&mut config(&home, "", &["check", "--config", "b.toml"])).printed();
    assert!(checked.ends_with("backend processes, storage file\n"), "{checked}");
}

#[test]
fn a_file_that_is_there_is_replaced_only_by_force() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("a.yaml"), YAML).unwrap();
    let output = home.path().join("b.toml");
    fs::write(&output, "# mine, and longer than what is written over it".repeat(9)).unwrap();
    fs::set_permissions(&output, fs::Permissions::from_mode(0o644)).unwrap();
    let arguments = ["import", "a.yaml", "--output", "b.toml"];
    let error = run(&mut config(&home, "", &arguments)).failed(1);
    assert_eq!(error, "error: b.toml is there already: --force replaces it\n");
    assert!(fs::read_to_string(&output).unwrap().starts_with("# mine"));
    let forced = run(config(&home, "", &arguments).arg("--force"));
    assert_eq!(forced.code, Some(0), "{forced:?}");
    assert!(fs::read_to_string(&output).unwrap().ends_with("iam_api_key = \"s3cr3t\"\n"));
    assert_eq!(fs::metadata(&output).unwrap().permissions().mode() & 0o777, 0o600);
    // What a link leads to is somebody else's.
    let (other, link) = (home.path().join("other"), home.path().join("link.toml"));
    fs::write(&other, "theirs").unwrap();
    std::os::unix::fs::symlink(&other, &link).unwrap();
    let arguments = ["import", "a.yaml", "--output", "link.toml", "--force"];
    assert_eq!(run(&mut config(&home, "", &arguments)).code, Some(0));
    assert_eq!(fs::read_to_string(&other).unwrap(), "theirs");
    assert!(!link.is_symlink() && fs::read_to_string(&link).unwrap().contains("s3cr3t"));
}

#[test]
fn a_file_of_python_is_read_as_it_is_and_its_notes_are_told() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("a.yaml"), YAML).unwrap();
    let shown = run(&mut config(&home, "", &["show", "--config", "a.yaml"]));
    let note = "note: `lithops.log_level` holds nothing: events go to the program's subscriber of \
                `tracing`\n";
    assert_eq!((shown.code, shown.err.as_str()), (Some(0), note), "{shown:?}");
    assert!(shown.out.contains("lithops.backend"), "{shown:?}");
}
