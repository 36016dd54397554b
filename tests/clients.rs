//! What is left of a client that is interrupted, terminated or killed: nothing.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking; clients speak"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lithops::prelude::*;
use tempfile::TempDir;

const ROOT: &str = "LITHOPS_TEST_ROOT";
const THROUGH_STORAGE: &str = "LITHOPS_TEST_THROUGH_STORAGE";

/// A generous bound: what is waited for takes milliseconds.
const BOUND: Duration = Duration::from_secs(60);

#[expect(clippy::zombie_processes, reason = "the child outlives the call: that is the point")]
fn hang(_: u32) {
    let pid = std::process::id();
    let child = Command::new("sleep").arg("1000").spawn().unwrap();
    let root = std::env::var(ROOT).unwrap();
    std::fs::write(format!("{root}/pids/{pid}"), child.id().to_string()).unwrap();
    loop {
        std::thread::park();
    }
}

/// The client of the other tests: starts two calls that never end, and waits for them.
#[test]
#[ignore = "the other tests run it as the client that is killed"]
fn client() {
    let root = std::env::var(ROOT).unwrap();
    lithops::block_on(async {
        let exec = FunctionExecutor::builder().workers(2).storage_root(format!("{root}/jobs"));
        let exec = exec.build().await.unwrap();
        let map = exec.map(hang, 0..2).chunk_size(1).env(ROOT, root);
        let map = if std::env::var(THROUGH_STORAGE).is_ok() { map.through_storage() } else { map };
        println!("client: {:?}", map.await);
    });
}

struct Client {
    process: Child,
    folder: TempDir,
    /// Workers, and what calls started in them.
    pids: Vec<u32>,
}

/// Waits until `condition` gives something.
fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + BOUND;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not within {BOUND:?}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn start(through_storage: bool) -> Client {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("pids")).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "client", "--ignored", "--nocapture"]);
    command.env(ROOT, folder.path()).stdout(Stdio::piped()).stderr(Stdio::null());
    if through_storage {
        command.env(THROUGH_STORAGE, "1");
    }
    let process = command.spawn().unwrap();
    let pids = until("two workers at work", || {
        let pids = pids(&folder.path().join("pids"));
        (pids.len() == 4).then_some(pids)
    });
    Client { process, folder, pids }
}

fn pids(folder: &Path) -> Vec<u32> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter_map(|path| {
        let child: u32 = std::fs::read_to_string(&path).ok()?.parse().ok()?;
        let worker: u32 = path.file_name()?.to_str()?.parse().ok()?;
        Some([worker, child])
    });
    files.flatten().collect()
}

fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

impl Client {
    /// Sends a signal, waits for the client's end, and gives the signal that it died of.
    fn end_by(&mut self, signal: &str) -> Option<i32> {
        use std::os::unix::process::ExitStatusExt;
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let process = &mut self.process;
        let status = until("the client's end", || process.try_wait().unwrap());
        status.signal()
    }

    fn assert_no_process_is_left(&self) {
        let pids = &self.pids;
        until("the end of its workers", || (!pids.iter().any(|pid| is_alive(*pid))).then_some(()));
    }

    fn assert_no_file_is_left(&self) {
        let jobs = self.folder.path().join("jobs");
        assert!(!jobs.exists(), "{:?}", std::fs::read_dir(&jobs).unwrap().collect::<Vec<_>>());
    }
}

#[test]
fn an_interrupted_client_leaves_no_process_and_no_file() {
    for through_storage in [false, true] {
        let mut client = start(through_storage);
        assert_eq!(client.end_by("-INT"), Some(2));
        client.assert_no_process_is_left();
        client.assert_no_file_is_left();
    }
}

#[test]
fn a_terminated_client_leaves_no_process_and_no_file() {
    for through_storage in [false, true] {
        let mut client = start(through_storage);
        assert_eq!(client.end_by("-TERM"), Some(15));
        client.assert_no_process_is_left();
        client.assert_no_file_is_left();
    }
}

#[test]
fn the_workers_of_a_killed_client_end_by_themselves() {
    for through_storage in [false, true] {
        let mut client = start(through_storage);
        assert_eq!(client.end_by("-KILL"), Some(9));
        client.assert_no_process_is_left();
    }
}

/// A client that ends right after its job, as programs do.
#[test]
#[ignore = "another test runs it as a client of its own"]
fn short_client() {
    let root = std::env::var(ROOT).unwrap();
    let values = lithops::block_on(async {
        let exec = FunctionExecutor::builder().workers(2).storage_root(format!("{root}/jobs"));
        let exec = exec.build().await.unwrap();
        exec.map(|x: u32| vec![1u8; x as usize], [5, 300_000]).through_storage().await.unwrap()
    });
    println!("lengths {:?}", values.iter().map(Vec::len).collect::<Vec<_>>());
    std::process::exit(0);
}

#[test]
fn a_client_that_exits_right_after_its_job_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "short_client", "--ignored", "--nocapture"]);
    let mut client = command.env(ROOT, folder.path()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(client.stdout.take().unwrap()).lines();
    let said = lines.map(Result::unwrap).find(|line| line.contains("lengths"));
    assert!(said.unwrap().contains("lengths [5, 300000]"));
    assert!(client.wait().unwrap().success());
    assert!(!folder.path().join("jobs").exists());
}
