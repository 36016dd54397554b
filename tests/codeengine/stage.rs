//! Calls that leave a trace each time they run, and wait where a case wants them to.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use lithops::FunctionExecutor;
use lithops::prelude::*;
use tempfile::TempDir;

use crate::cloud::Cloud;

/// What is waited for at most, here and in calls.
const BOUND: Duration = Duration::from_secs(60);

/// A folder for traces, and which call it is.
pub(crate) type Input = (String, u32);

/// Where calls leave their traces.
pub(crate) struct Stage(TempDir);

impl Stage {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn inputs(&self, calls: u32) -> Vec<Input> {
        (0..calls).map(|call| (self.0.path().to_str().unwrap().to_owned(), call)).collect()
    }

    /// How often each call has begun.
    pub(crate) fn begun(&self, calls: u32) -> Vec<u64> {
        let trace = |call: u32| fs::metadata(self.0.path().join(call.to_string()));
        (0..calls).map(|call| trace(call).map_or(0, |trace| trace.len())).collect()
    }

    /// Waits until so many calls have begun.
    pub(crate) fn until_begun(&self, calls: u32, how_many: u64) {
        until("the calls' begin", || self.begun(calls).iter().sum::<u64>() >= how_many);
    }

    /// Lets calls go on that wait.
    pub(crate) fn let_go(&self) {
        fs::write(self.0.path().join("go"), "").unwrap();
    }
}

/// Waits for a condition.
pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + BOUND;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} takes longer than {BOUND:?}");
        // Between two looks: the instances want the processors.
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn leave_trace((folder, call): &Input) {
    let path = Path::new(folder).join(call.to_string());
    let mut trace = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    trace.write_all(b"x").unwrap();
}

/// Gives ten times its number, at once.
pub(crate) fn play(input: Input) -> u32 {
    leave_trace(&input);
    input.1 * 10
}

/// The same, once calls may go on.
pub(crate) fn play_when_told(input: Input) -> u32 {
    leave_trace(&input);
    let go = Path::new(&input.0).join("go");
    until("the word to go on", || go.exists());
    input.1 * 10
}

/// The same, but the first attempt at call 1 does not end.
pub(crate) fn hang_at_first(input: Input) -> u32 {
    leave_trace(&input);
    if input.1 == 1 && lithops::context().attempt() == 1 {
        hang();
    }
    input.1 * 10
}

/// The same, but no attempt at call 1 ends.
pub(crate) fn hang_always(input: Input) -> u32 {
    leave_trace(&input);
    if input.1 == 1 {
        hang();
    }
    input.1 * 10
}

fn hang() {
    until("the end of this process", || false);
}

/// Ends an executor; nothing of its jobs is left then.
pub(crate) async fn end(exec: FunctionExecutor, cloud: &Cloud) {
    exec.shutdown().await;
    assert_eq!((cloud.resources("job_runs"), cloud.objects()), Default::default());
}
