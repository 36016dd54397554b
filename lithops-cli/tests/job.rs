//! `lithops job` and `lithops logs` beside a program that runs a job of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use command::client::{Client, folder, wait_at_gate};
use command::{lithops, run, until};
use lithops::prelude::*;
use serde_json::{Value, json};

const CALLS: u32 = 6;

/// Writes a line, waits until it may end, and fails if it is the fifth.
#[expect(clippy::print_stdout, reason = "what calls write is what is tested")]
#[expect(clippy::ptr_arg, reason = "the shared value of a job is of a type of its own")]
fn work(folder: &PathBuf, index: u32) -> anyhow::Result<u32> {
    // The last has an end of a line as it stands in files of Windows, and a line without an end.
    match index {
        5 => print!("call {index} speaks\r\nno end"),
        _ => println!("call {index} speaks"),
    }
    std::io::stdout().flush()?;
    wait_at_gate(folder, index);
    anyhow::ensure!(index != 4, "no such row: \u{1b}[31m<script>");
    Ok(index)
}

#[test]
#[ignore = "the client that the other tests start"]
fn client() {
    let Some(folder) = folder() else { return };
    lithops::block_on(async {
        let exec = FunctionExecutor::processes(2).await?;
        let handle = exec.map_with(folder.clone(), 0..CALLS, work).submit()?;
        std::fs::write(folder.join("job"), handle.id().as_str()).unwrap();
        handle.settled().await?;
        exec.shutdown().await;
        Ok::<(), Error>(())
    })
    .unwrap();
}

/// A client whose job is in the journal.
fn start() -> Client {
    let client = Client::spawn(&[]);
    until("the journal", || {
        let jobs = client.json(&["job", "list", "--json"]);
        (jobs.as_array()?.len() == 1).then_some(())
    });
    client
}

#[test]
fn a_job_is_seen_from_its_first_second_to_its_end() {
    let mut client = start();
    let job = client.job();
    let list = client.run(&["job", "list", "--running"]).printed();
    assert!(list.starts_with("JOB ") && list.contains(&job), "{list}");
    assert_eq!(client.json(&["job", "list", "--json"])[0]["state"], "running");
    let mut attached = client.command(&["job", "attach"]);
    let mut attached = attached.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(attached.stderr.take().unwrap()).lines();
    let logs =
        client.command(&["logs", &job[..4], "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    client.open(0..2);
    let two = format!("{job}: 2 of 6 done, 0 failed, 2 running");
    assert!(told.any(|line| line.unwrap() == two), "two outcomes were not told");
    client.open(2..CALLS);
    client.ended();

    let rest: Vec<String> = told.map(Result::unwrap).collect();
    assert!(rest.contains(&format!("{job}: 6 of 6 done, 1 failed, 0 running")), "{rest:?}");
    let expected = format!("error: 1 of 6 calls failed; `lithops job show {job}` tells why");
    assert_eq!(rest.last(), Some(&expected));
    let attached = attached.wait_with_output().unwrap();
    assert_eq!((attached.status.code(), attached.stdout.as_slice()), (Some(1), &b""[..]));

    let logs = String::from_utf8(logs.wait_with_output().unwrap().stdout).unwrap();
    let mut logs: Vec<&str> = logs.lines().collect();
    logs.sort_unstable();
    let mut expected: Vec<String> =
        (0..CALLS).map(|call| format!("[{call}] call {call} speaks")).collect();
    expected.push("[5] no end".to_owned());
    assert_eq!(logs, expected);
    assert_eq!(client.run(&["logs", "--call", "3"]).printed(), "call 3 speaks\n");

    let ended = client.run(&["logs", "--call", "5"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "call 5 speaks\r\nno end"));
    let error = client.run(&["logs", "--call", "99"]).failed(1);
    assert_eq!(error, format!("error: job {job} has no call 99: it has 6 calls\n"));

    let shown = client.run(&["job", "show"]).printed();
    assert!(shown.contains("\nstate      ended\n"), "{shown}");
    assert!(shown.contains("\ncalls      6 of 6 done, 1 failed, 0 repeated\n"), "{shown}");
    assert!(shown.contains("no such row: \\u{1b}[31m<script>"), "{shown}");
    let record = client.json(&["job", "show", &job, "--json"]);
    assert_eq!(record["calls"].as_array().unwrap().len(), 6);
    assert_eq!(record["calls"][0]["failure"], Value::Null);

    let page = client.path("job.html");
    assert_eq!(client.run(&["job", "report", "-o", "job.html"]).printed(), "job.html\n");
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.contains("&lt;script&gt;") && text.ends_with("</html>\n"));
    let mode = std::fs::metadata(&page).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let told = client.json(&["job", "report", "-o", "job.html", "--json"]);
    assert_eq!(told, json!({ "file": "job.html", "jobs": [&job] }));
    for (file, begins) in [("job.svg", &b"<svg "[..]), ("job.png", b"\x89PNG\r\n")] {
        client.run(&["job", "report", &job, "-o", file]).printed();
        assert!(std::fs::read(client.path(file)).unwrap().starts_with(begins));
    }
}

#[test]
fn a_job_is_stopped_from_another_process() {
    let mut client = start();
    client.open(0..1);
    let job = client.job();
    until("an outcome", || (client.json(&["job", "list", "--json"])[0]["done"] == 1).then_some(()));
    let told = client.run(&["job", "cancel", &job, "--json"]).printed();
    let told: Value = serde_json::from_str(&told).unwrap();
    let expected = json!({ "job": job, "state": "ended", "total": 6, "done": 6, "failed": 5 });
    assert_eq!(told, expected);
    client.ended();
    let record = client.json(&["job", "show", "--json"]);
    let kinds = |call: &Value| call["failure"]["kind"] == "cancelled";
    assert_eq!(record["calls"].as_array().unwrap().iter().filter(|call| kinds(call)).count(), 5);
    let error = client.run(&["job", "cancel", &job]).failed(1);
    assert_eq!(error, format!("error: job {job} does not run: it has ended\n"));
}

#[test]
fn whoever_stops_to_read_does_not_make_a_failed_job_a_good_one() {
    let mut client = start();
    let attached = |client: &Client| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        run(client.command(&["job", "attach"]).stdout(writer))
    };
    client.open(0..CALLS);
    client.ended();
    let ended = attached(&client);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("\nerror: 1 of 6 calls failed; "), "{ended:?}");
}

#[test]
fn a_file_that_is_no_journal_is_left_out_and_told() {
    let mut client = start();
    client.open(0..CALLS);
    client.ended();
    let jobs = client.path("lithops/jobs");
    std::fs::write(jobs.join("broken-001.jsonl"), "no journal\n").unwrap();
    for arguments in [&["job", "list"][..], &["job", "show"], &["logs"]] {
        let ended = client.run(arguments);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.err.starts_with("job broken-001 is left out: `"), "{ended:?}");
        assert!(!ended.out.is_empty(), "{ended:?}");
    }
    client.run(&["job", "show", &client.job()]).printed();
    let error = client.run(&["job", "show", "broken-001"]).failed(1);
    assert!(error.contains("broken-001.jsonl`, line 1: "), "{error}");
}

#[test]
fn a_job_whose_client_is_interrupted_has_ended() {
    let mut client = start();
    client.open(0..1);
    until("an outcome", || (client.json(&["job", "list", "--json"])[0]["done"] == 1).then_some(()));
    let process = client.process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &process]).status().unwrap().success());
    client.ended();
    let listed = client.json(&["job", "list", "--json"]);
    assert_eq!((&listed[0]["state"], &listed[0]["done"]), (&"ended".into(), &6.into()), "{listed}");
}

#[test]
fn a_job_over_a_link_whose_client_is_killed_is_lost() {
    let mut client = start();
    client.kill();
    let listed = client.json(&["job", "list", "--json"]);
    assert_eq!((&listed[0]["state"], &listed[0]["durable"]), (&"lost".into(), &false.into()));
    let job = client.job();
    let ended = client.run(&["job", "attach"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    let expected = format!(
        "error: job {job} was lost: its client has died, and nothing of it is where another could go on \
         with it; a job that is sent `.through_storage()`, to a storage that other processes reach, can \
         be taken up\n"
    );
    assert!(ended.err.ends_with(&expected), "{ended:?}");
}

#[test]
fn what_can_t_be_done_is_told_with_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        |arguments: &[&str]| run(lithops().args(arguments).env("XDG_STATE_HOME", folder.path()));
    let error = run(&["job", "show", "4f1c"]).failed(1);
    assert!(
        error.starts_with("error: the journal has no job `4f1c`; `lithops job list`"),
        "{error}"
    );
    let error = run(&["job", "report", "-o", "job.pdf"]).failed(2);
    assert!(error.contains("the file must end in .html, .svg or .png"), "{error}");
    let error = run(&["job", "report", "a", "b", "-o", "job.svg"]).failed(2);
    assert!(error.contains("a picture is of one job"), "{error}");
    let path: &Path = folder.path();
    let list = run(&["job", "list"]);
    assert_eq!((list.code, list.out.as_str()), (Some(0), ""));
    let expected = format!("no such job is in the journal at {}/lithops/jobs\n", path.display());
    assert_eq!(list.err, expected);
}
