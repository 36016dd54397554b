//! `lithops job attach` of jobs through storage whose client is killed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use command::client::{Client, folder, wait_at_gate};
use command::{Ended, run, until};
use lithops::prelude::*;
use lithops_core::wire::{Frame, FromWorker, JobId, keys};
use serde::{Deserialize, Serialize};

/// The call that fails, if any.
const FAILS: &str = "LITHOPS_TEST_FAILS";
const CALLS: u32 = 6;

#[derive(Serialize, Deserialize)]
struct Row {
    index: u32,
    share: f64,
    name: Option<String>,
}

/// Notes that it has begun, waits until it may end, and fails if it is to.
fn work((folder, fails): &(PathBuf, Option<u32>), index: u32) -> anyhow::Result<Row> {
    let mut log = fs::File::options().append(true).create(true).open(folder.join("begun"))?;
    log.write_all(format!("{} {index}\n", std::process::id()).as_bytes())?;
    wait_at_gate(folder, index);
    anyhow::ensure!(*fails != Some(index), "no such row");
    Ok(Row { index, share: 0.5, name: (index == 1).then(|| "one \"1\"".to_owned()) })
}

#[test]
#[ignore = "the client that the other tests start"]
fn client() {
    let Some(folder) = folder() else { return };
    let fails = std::env::var(FAILS).ok().map(|index| index.parse().unwrap());
    lithops::block_on(async {
        let builder = FunctionExecutor::builder().workers(2).storage_root(folder.join("storage"));
        let exec = builder.build().await?;
        let map = exec.map_with((folder.clone(), fails), 0..CALLS, work).chunk_size(1);
        let handle = map.through_storage().submit()?;
        fs::write(folder.join("unfinished"), handle.id().as_str()).unwrap();
        fs::rename(folder.join("unfinished"), folder.join("job")).unwrap();
        handle.settled().await?;
        Ok::<(), Error>(())
    })
    .unwrap();
}

/// A client whose job is under way, and the command's settings beside it.
fn start(fails: Option<u32>) -> Client {
    let fails = fails.map(|call| (FAILS, call.to_string()));
    let client = Client::spawn(fails.as_slice());
    configure(&client, "storage", "lithops/key");
    until("the job", || client.path("job").exists().then_some(()));
    client
}

/// A client that was killed when so many calls, the first ones, had their outcome, and two more had begun.
/// All calls may end from now on.
fn killed(done: u32, fails: Option<u32>) -> Client {
    let mut client = start(fails);
    client.open(0..done);
    until("two more calls", || (begun(&client).len() as u32 == done + 2).then_some(()));
    until("the outcomes", || (reports(&client) >= done as usize).then_some(()));
    client.kill();
    until_workers_ended(&client);
    client.open(done..CALLS);
    client
}

/// Settings with which the command looks into this storage, with this key.
fn configure(client: &Client, storage: &str, key: &str) {
    let (storage, key) = (client.path(storage), client.path(key));
    let settings =
        format!("[lithops]\nstorage = \"file\"\nkey_file = {key:?}\n[file]\nroot = {storage:?}\n");
    fs::write(client.path("lithops.toml"), settings).unwrap();
}

/// The workers and calls that have begun, as often as they have.
fn log(client: &Client) -> Vec<(u32, u32)> {
    let text = fs::read_to_string(client.path("begun")).unwrap_or_default();
    let line = |line: &str| {
        let (worker, call) = line.split_once(' ').unwrap();
        (worker.parse().unwrap(), call.parse().unwrap())
    };
    text.lines().map(line).collect()
}

fn begun(client: &Client) -> Vec<u32> {
    log(client).into_iter().map(|(_, call)| call).collect()
}

/// Workers end with their client, but a moment later.
fn until_workers_ended(client: &Client) {
    let is_alive = |worker: u32| {
        let stat = fs::read_to_string(format!("/proc/{worker}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
    };
    until("the workers' end", || {
        log(client).iter().all(|(worker, _)| !is_alive(*worker)).then_some(())
    });
}

/// How many outcomes are in the storage.
fn reports(client: &Client) -> usize {
    let job = JobId::from_text(&client.job()).unwrap();
    let folder = client.path("storage").join(keys::outcomes(&job));
    let batches = fs::read_dir(folder).into_iter().flatten().flatten();
    // A file that is not whole yet has another name, and may be gone.
    let bytes = batches.filter_map(|batch| fs::read(batch.path()).ok());
    let frames = bytes.flat_map(|bytes| Frame::read_all(bytes.into()).unwrap_or_default());
    let reports = frames.map(|frame| match FromWorker::decode(frame) {
        Ok(FromWorker::Reports { reports, .. }) => reports.len(),
        _ => 0,
    });
    reports.sum()
}

fn attach(client: &Client, more: &[&str]) -> Ended {
    client.run(&[&["job", "attach", &client.job()], more].concat())
}

fn keeps_nothing(client: &Client) -> bool {
    !client.path("storage").join("jobs").exists()
}

fn value(index: u32) -> String {
    let name = if index == 1 { r#""one \"1\"""# } else { "null" };
    format!("{{\"call\":{index},\"value\":{{\"index\":{index},\"share\":0.5,\"name\":{name}}}}}\n")
}

fn all() -> String {
    (0..CALLS).map(value).collect()
}

fn text(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn what_a_killed_client_has_not_done_is_done_and_its_results_are_given() {
    let client = killed(2, None);
    let ended = attach(&client, &[]);
    assert_eq!((ended.code, ended.out), (Some(0), all()), "{}", ended.err);
    let (job, program) = (client.job(), std::env::current_exe().unwrap());
    let taken_up = format!("{job}: taken up, with workers of `{}`\n", program.display());
    assert!(ended.err.starts_with(&taken_up), "{}", ended.err);
    assert!(ended.err.ends_with(&format!("{job}: 6 of 6 done, 0 failed, 0 running\n")));
    assert!(keeps_nothing(&client));
    // Those two that were under way ran again, and no other.
    let mut begun = begun(&client);
    begun.sort_unstable();
    assert_eq!(begun, [0, 1, 2, 2, 3, 3, 4, 5]);
}

#[test]
fn a_call_that_fails_is_told_in_its_place_and_the_job_stays() {
    let client = killed(1, Some(4));
    let failed =
        r#"{"call":4,"failed":{"kind":"failed","message":"the function failed: no such row"}}"#;
    let expected = all().replace(&value(4), &format!("{failed}\n"));
    for round in 0..2 {
        let ended = attach(&client, &[]);
        assert_eq!((ended.code, &ended.out), (Some(1), &expected), "round {round}: {}", ended.err);
        let job = client.job();
        let told = format!(
            "error: 1 of 6 calls failed; job {job} stays in its storage, which `lithops clean --job {job} \
             --yes` takes it out of\n"
        );
        assert!(ended.err.ends_with(&told), "{}", ended.err);
    }
    // An outcome is an outcome: the second time no call ran.
    assert_eq!(begun(&client).len(), 8);
    client.run(&["clean", "--job", &client.job(), "--yes"]);
    assert!(keeps_nothing(&client));
}

#[test]
fn a_job_is_looked_for_in_the_journal_and_told_there_until_it_is_done() {
    let mut client = start(None);
    let listed = |client: &Client| client.json(&["job", "list", "--json"]);
    until("the journal", || (listed(&client).as_array()?.len() == 1).then_some(()));
    // It follows the client, and goes on when that dies.
    let mut attached =
        client.command(&["job", "attach", &client.job()[..6], "-o", "results.jsonl"]);
    let attached = attached.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    client.kill();
    client.open(0..CALLS);
    let (code, out, err) = text(attached.wait_with_output().unwrap());
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert_eq!(fs::read_to_string(client.path("results.jsonl")).unwrap(), all());
    assert!(keeps_nothing(&client));
    assert_eq!(listed(&client)[0]["state"], "ended");
    let again = attach(&client, &[]);
    assert_eq!((again.code, again.out.as_str()), (Some(0), ""));
    assert!(again.err.contains(&format!("\n{}: ended after ", client.job())), "{}", again.err);
    let again = attach(&client, &["-o", "again.jsonl"]).err;
    assert!(again.ends_with("`again.jsonl` is not written: the results were the client's own\n"));
    assert!(!client.path("again.jsonl").exists());
}

#[test]
fn a_lost_job_tells_how_it_is_taken_up() {
    let mut client = start(None);
    let list = |client: &Client| client.run(&["job", "list"]);
    until("the journal", || (!list(&client).out.is_empty()).then_some(()));
    client.kill();
    let (listed, job) = (list(&client), client.job());
    let told = format!(
        "lost with their clients, but can be taken up: 1, with `lithops job attach ID`, such as `lithops \
         job attach {job}`\n"
    );
    assert_eq!((listed.code, listed.err), (Some(0), told));
    let shown = client.run(&["job", "show"]).printed();
    let state = format!("\nstate      lost, can be taken up: lithops job attach {job}\n");
    assert!(shown.contains(&state), "{shown}");
}

#[test]
fn ctrl_c_leaves_a_job_to_be_taken_up_again() {
    let client = killed(1, None);
    // The last call waits, and so does the command.
    fs::remove_file(client.path("open-5")).unwrap();
    let mut attached = client.command(&["job", "attach", &client.job()]);
    let attached = attached.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the other outcomes", || (reports(&client) >= 5).then_some(()));
    until("the last call", || begun(&client).contains(&5).then_some(()));
    let interrupted = Command::new("kill").args(["-INT", &attached.id().to_string()]).status();
    assert!(interrupted.unwrap().success());
    let ended = attached.wait_with_output().unwrap();
    assert_eq!(ended.status.signal(), Some(2));
    let (_, _, err) = text(ended);
    let job = client.job();
    let told =
        format!("\njob {job} stays in its storage: `lithops job attach {job}` goes on with it\n");
    assert!(err.ends_with(&told), "{err}");
    until_workers_ended(&client);
    let finished = begun(&client);
    client.open([5]);
    let ended = attach(&client, &["--keep"]);
    assert_eq!((ended.code, ended.out), (Some(0), all()), "{}", ended.err);
    assert_eq!(begun(&client)[finished.len()..], [5]);
    // It was kept, and so can be had again.
    let ended = attach(&client, &[]);
    assert_eq!((ended.code, ended.out), (Some(0), all()), "{}", ended.err);
    assert_eq!(begun(&client).len(), finished.len() + 1);
    assert!(keeps_nothing(&client));
}

#[test]
fn results_that_nobody_reads_stay() {
    let client = killed(1, None);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = run(client.command(&["job", "attach", &client.job()]).stdout(writer));
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.contains("\nerror: nobody reads the results any more; job "),
        "{}",
        ended.err
    );
    let error = attach(&client, &["-o", "no/such/folder"]);
    assert_eq!(error.code, Some(1));
    assert!(error.err.contains("`no/such/folder` can't be written"), "{}", error.err);
    let ended = attach(&client, &[]);
    assert_eq!((ended.code, ended.out), (Some(0), all()), "{}", ended.err);
}

#[test]
fn a_program_without_the_function_costs_no_call_its_outcome() {
    let client = killed(1, None);
    let missing = attach(&client, &["--program", "no-such"]).failed(1);
    let told = "of the program `no-such`, which can't be started here; say where that program is with \
                `--program PATH`: No such file";
    assert!(missing.contains(told), "{missing}");
    let wrong = attach(&client, &["--program", env!("CARGO_BIN_EXE_lithops")]);
    assert_eq!(wrong.code, Some(1));
    let unknown = wrong.out.lines().filter(|line| line.contains(r#""kind":"unknown_function""#));
    assert_eq!((wrong.out.lines().count(), unknown.count()), (6, 5), "{}", wrong.out);
    let program = std::env::current_exe().unwrap();
    let ended = attach(&client, &["--program", program.to_str().unwrap()]);
    assert_eq!((ended.code, ended.out), (Some(0), all()), "{}", ended.err);
    assert!(keeps_nothing(&client));
}

#[test]
fn what_can_t_be_taken_up_says_why_and_what_to_do() {
    let mut client = start(None);
    // Without its journal, which would be followed.
    let other = tempfile::tempdir().unwrap();
    let attach_to = |client: &Client, job: &str, more: &[&str]| {
        let mut command = client.command(&[&["job", "attach", job], more].concat());
        run(command.env("XDG_STATE_HOME", other.path()))
    };
    let job = client.job();
    let alive = attach_to(&client, &job, &[]);
    assert!(
        alive.err.contains("its client is a process of this machine that still runs"),
        "{alive:?}"
    );
    client.kill();
    let prefix = attach_to(&client, &job[..6], &[]).failed(1);
    assert!(
        prefix.starts_with(&format!("error: the journal has no job `{}`", &job[..6])),
        "{prefix}"
    );
    let threads = attach_to(&client, &job, &["--backend", "threads"]).failed(3);
    assert!(threads.ends_with("use `--backend processes`, or another one that starts programs\n"));

    let unknown = attach_to(&client, "0123456789ab-007", &[]).failed(1);
    let place = client.path("storage");
    let told = format!(
        "error: job 0123456789ab-007 can't be taken up: it is not in this storage (file, root {}). ",
        place.display()
    );
    assert!(unknown.starts_with(&told) && unknown.contains("`.through_storage()`"), "{unknown}");
    configure(&client, "elsewhere", "lithops/key");
    let elsewhere = attach_to(&client, &job, &[]).failed(1);
    let place = client.path("elsewhere");
    assert!(elsewhere.contains(&format!("(file, root {})", place.display())), "{elsewhere}");
    configure(&client, "storage", "other-key");
    let key = attach_to(&client, &job, &[]).failed(1);
    assert!(key.contains("is not sealed with this client's key"), "{key}");
    assert!(key.contains("set `key_file` to the key that the job was submitted with"), "{key}");
    // None of this has changed anything.
    configure(&client, "storage", "lithops/key");
    client.open(0..CALLS);
    assert_eq!(attach_to(&client, &job, &[]).out, all());
}
