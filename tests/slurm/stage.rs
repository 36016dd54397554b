//! Calls that leave a trace of where they run, and wait where a case wants them to.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use tempfile::TempDir;

use crate::cluster::{Cluster, FRAIL, until};

/// A folder for traces, and which call it is.
pub(crate) type Input = (String, u32);

/// Where calls leave their traces: nodes and client share it.
pub(crate) struct Stage(TempDir);

impl Stage {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir_in(Cluster::from_env().unwrap().shared()).unwrap())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn inputs(&self, calls: u32) -> Vec<Input> {
        (0..calls).map(|call| (self.0.path().to_str().unwrap().to_owned(), call)).collect()
    }

    /// How many attempts have begun on a node.
    pub(crate) fn begun_on(&self, node: &str) -> u64 {
        fs::metadata(self.0.path().join(node)).map_or(0, |trace| trace.len())
    }

    /// How many have begun on any.
    pub(crate) fn begun(&self) -> u64 {
        ["n1", "n2", "n3"].iter().map(|node| self.begun_on(node)).sum()
    }

    /// Waits until so many have begun.
    pub(crate) fn until_begun(&self, how_many: u64) {
        until("the calls' begin", || self.begun() >= how_many);
    }

    /// Lets calls go on that wait.
    pub(crate) fn let_go(&self) {
        fs::write(self.0.path().join("go"), "").unwrap();
    }
}

/// The node that this process is on.
fn node() -> String {
    std::env::var("SLURMD_NODENAME").unwrap()
}

fn leave_trace(folder: &str) {
    let mut options = fs::OpenOptions::new();
    let mut trace = options.create(true).append(true).open(Path::new(folder).join(node())).unwrap();
    trace.write_all(b"x").unwrap();
}

fn wait_for_word(folder: &str) {
    let go = Path::new(folder).join("go");
    until("the word to go on", || go.exists());
}

/// Gives ten times its number, once calls may go on.
pub(crate) fn play_when_told((folder, call): Input) -> u32 {
    leave_trace(&folder);
    wait_for_word(&folder);
    call * 10
}

/// Gives ten times its number: on [`FRAIL`] once calls may go on, elsewhere at once.
pub(crate) fn play_or_wait_on_the_frail((folder, call): Input) -> u32 {
    leave_trace(&folder);
    if node() == FRAIL {
        wait_for_word(&folder);
    }
    call * 10
}

/// Gives ten times its number, but the first attempt does not end by itself.
pub(crate) fn hang_at_first((folder, call): Input) -> u32 {
    leave_trace(&folder);
    while lithops::context().attempt() == 1 {
        std::thread::park();
    }
    call * 10
}
