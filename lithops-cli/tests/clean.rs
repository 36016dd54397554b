//! `lithops clean`: what a killed client has left goes, and nothing of a live one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use command::{Ended, alone, lithops, run};
use lithops::prelude::*;
use serde_json::Value;

const ROOT: &str = "LITHOPS_TEST_ROOT";

/// A generous bound: what is waited for takes milliseconds.
const BOUND: Duration = Duration::from_secs(60);

fn hang(name: String) {
    std::fs::write(name, "at work").unwrap();
    loop {
        std::thread::park();
    }
}

/// The client of the other tests: starts a call that never ends, and waits for it.
#[test]
#[ignore = "the other tests run it as the client that is killed"]
fn client() {
    let root = std::env::var(ROOT).unwrap();
    let at_work = format!("{root}/at-work-{}", std::process::id());
    let exec = FunctionExecutor::builder().workers(1).storage_root(format!("{root}/objects"));
    lithops::block_on(async {
        let exec = exec.build().await.unwrap();
        exec.map(hang, [at_work]).through_storage().await.unwrap();
    });
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + BOUND;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}: not within {BOUND:?}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// A client with a job under way.
struct Client(Child);

impl Client {
    fn start(root: &Path) -> Self {
        let mut command = alone(std::env::current_exe().unwrap());
        command.args(["--exact", "client", "--ignored"]).env(ROOT, root);
        let client = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let at_work = root.join(format!("at-work-{}", client.id()));
        until("a call at work", || at_work.exists());
        Self(client)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn clean(root: &Path, arguments: &[&str]) -> Ended {
    let settings = format!("[file]\nroot = {:?}", root.join("objects"));
    std::fs::write(root.join("lithops.toml"), settings).unwrap();
    let mut command = lithops();
    command.current_dir(root).arg("clean").args(arguments);
    run(&mut command)
}

/// The folders of jobs in the storage.
fn jobs(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root.join("objects/jobs")) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn name(job: &Path) -> &str {
    job.file_name().unwrap().to_str().unwrap()
}

#[test]
fn what_a_killed_client_has_left_is_told_then_removed_and_a_live_one_keeps_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    drop(Client::start(root));
    let killed = jobs(root);
    assert_eq!(killed.len(), 1);
    let live = Client::start(root);
    assert_eq!(jobs(root).len(), 2);

    // It may yet be wanted.
    let ended = clean(root, &[]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""));
    assert_eq!(ended.err, "there is nothing to remove\n");

    let ended = clean(root, &["--older-than", "0s"]);
    assert_eq!(ended.err, "nothing was removed: --yes removes it\n");
    let lines: Vec<&str> = ended.out.lines().collect();
    let expected = format!("objects of a job  jobs/{}/  ", name(&killed[0]));
    assert!(lines.len() == 2 && lines[1].starts_with(&expected), "{ended:?}");
    assert_eq!(jobs(root).len(), 2);

    let removed = clean(root, &["--older-than", "0s", "--yes"]).printed();
    assert!(removed.lines().last().unwrap().starts_with("removed "), "{removed}");
    let left = jobs(root);
    assert!(left.len() == 1 && left != killed, "{left:?}");
    drop(live);
    let told: Value =
        serde_json::from_str(&clean(root, &["--older-than", "0s", "--json"]).printed()).unwrap();
    assert_eq!(told["removed"], 0);
    assert_eq!(told["found"][0]["name"], format!("jobs/{}/", name(&left[0])));
}

#[test]
fn one_job_or_everything_goes_if_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let clients = [Client::start(root), Client::start(root)];
    let job = jobs(root).remove(0);
    let objects = std::fs::read_dir(&job).unwrap().count();
    let removed = clean(root, &["--job", name(&job), "--yes"]).printed();
    // The worker may have told meanwhile that it lives.
    let last = removed.lines().last().unwrap().to_owned();
    let count: usize = last.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(count >= objects, "{removed}");
    assert!(!jobs(root).contains(&job) || std::fs::read_dir(&job).unwrap().count() <= 1);
    let kept = root.join("objects/objects/kept-1-0");
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    std::fs::write(&kept, "kept for longer than its job").unwrap();
    drop(clients);
    clean(root, &["--all", "--yes"]).printed();
    assert_eq!(jobs(root), Vec::<PathBuf>::new());
    assert!(kept.exists());
    let error = clean(root, &["--job", "../x", "--yes"]).failed(2);
    assert!(error.contains("a job is called as in 0123456789ab-000"), "{error}");
    let error = clean(root, &["--all", "--older-than", "1h"]).failed(2);
    assert!(error.contains("cannot be used with"), "{error}");
}
