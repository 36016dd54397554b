//! A client that is killed again and again: the next one goes on where it was.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lithops::prelude::*;
use lithops_core::wire::{Frame, FromWorker, JobId, keys};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{executor, reports, until};

const ROOT: &str = "LITHOPS_TEST_ROOT";
const CALLS: u32 = 2000;
const KILLS: usize = 20;
/// The same points each time; another seed is another history.
const SEED: u64 = 20;

/// Squares, and writes down that it has.
fn square(root: &String, x: u32) -> u64 {
    let mut log = fs::File::options().append(true).open(format!("{root}/log")).unwrap();
    // One write, so that lines of two workers do not mix.
    log.write_all(format!("{} {x}\n", std::process::id()).as_bytes()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1));
    u64::from(x) * u64::from(x)
}

/// The client of the other test: submits the job, or takes it up, and waits for it.
#[test]
#[ignore = "another test runs it as the client that is killed"]
fn client() {
    let root = std::env::var(ROOT).unwrap();
    lithops::block_on(async {
        let exec = executor(Path::new(&root)).await;
        let handle = match job(Path::new(&root)) {
            Some(job) => exec.attach_id::<u64>(&job).await.unwrap(),
            None => {
                let map = exec.map_with(root.clone(), 0..CALLS, square);
                let handle = map.chunk_size(50).through_storage().submit().unwrap();
                // Whole or not at all.
                fs::write(format!("{root}/unfinished"), handle.id().as_str()).unwrap();
                fs::rename(format!("{root}/unfinished"), format!("{root}/job")).unwrap();
                handle
            }
        };
        handle.results().await.unwrap();
        // The results are for whoever comes next.
        loop {
            std::thread::park();
        }
    });
}

fn job(root: &Path) -> Option<JobId> {
    JobId::from_text(&fs::read_to_string(root.join("job")).ok()?)
}

/// The calls that have begun, in order, with their workers.
fn log(root: &Path) -> Vec<(u32, u32)> {
    let text = fs::read_to_string(root.join("log")).unwrap();
    // What is being written has no end of its line yet.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let line = |line: &str| {
        let (pid, x) = line.split_once(' ').unwrap();
        (pid.parse().unwrap(), x.parse().unwrap())
    };
    whole.lines().map(line).collect()
}

fn start(root: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "killed::client", "--ignored", "--nocapture"]);
    command.env(ROOT, root).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).is_some_and(|state| state != 'Z')
}

#[tokio::test]
async fn a_client_that_is_killed_at_twenty_points_costs_no_result_and_repeats_no_finished_call() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("log"), "").unwrap();
    let mut chance = StdRng::seed_from_u64(SEED);
    let mut finished = BTreeSet::new();
    let mut runs = vec![0u32; CALLS as usize];
    let mut seen = 0;
    for kill in 0..KILLS {
        let mut client = start(root);
        // Some points are after the last call, when all that is missing is the client's look.
        let point = seen + chance.random_range(1..=400usize);
        until("the next point", || {
            let ended = finished.len() == CALLS as usize && job(root).is_some();
            (ended || log(root).len() >= point || reported(root) == CALLS as usize).then_some(())
        });
        client.kill().unwrap();
        client.wait().unwrap();
        let log = until("the end of its workers", || {
            let log = log(root);
            log.iter().all(|(pid, _)| !is_alive(*pid)).then_some(log)
        });
        for (_, x) in &log[seen..] {
            assert!(!finished.contains(x), "call {x} had its outcome before kill {kill}");
            runs[*x as usize] += 1;
        }
        seen = log.len();
        let exec = executor(root).await;
        let reports = reports(exec.storage().as_ref(), &job(root).unwrap()).await;
        finished.extend(reports.iter().filter(|r| r.outcome.is_ok()).map(|report| report.index));
    }
    let exec = executor(root).await;
    let handle = exec.attach_id::<u64>(&job(root).unwrap()).await.unwrap();
    let expected: Vec<u64> = (0..u64::from(CALLS)).map(|x| x * x).collect();
    assert_eq!(handle.results().await.unwrap(), expected);
    for (_, x) in &log(root)[seen..] {
        assert!(!finished.contains(x), "call {x} had its outcome");
        runs[*x as usize] += 1;
    }
    let repeated: u32 = runs.iter().map(|runs| runs - 1).sum();
    assert!(runs.iter().all(|runs| (1..=1 + KILLS as u32).contains(runs)), "{runs:?}");
    eprintln!("{CALLS} calls, {KILLS} kills, {repeated} runs more");
    drop(handle);
    exec.shutdown().await;
    assert!(!root.join("jobs").exists(), "the job's objects are gone");
}

/// How many reports are in storage; 0 while it can't be told.
fn reported(root: &Path) -> usize {
    let Some(job) = job(root) else { return 0 };
    let batches = fs::read_dir(root.join("jobs").join(keys::outcomes(&job)));
    let bytes = batches.into_iter().flatten().flatten().filter_map(|at| fs::read(at.path()).ok());
    let frames = bytes.filter_map(|bytes| Frame::read_all(bytes.into()).ok()).flatten();
    let reports = frames.map(|frame| match FromWorker::decode(frame) {
        Ok(FromWorker::Reports { reports, .. }) => reports.len(),
        _ => 0,
    });
    reports.sum()
}
