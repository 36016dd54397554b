//! The first result from a fresh executor, and one start of a program that does nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use futures::StreamExt;
use lithops::prelude::*;

use super::WORKERS;
use super::calls::no_op;

/// Time from making an executor to the first result, with one call for each of the worker processes.
///
/// This program itself is what the workers start. Ending them is not part of the time.
pub(crate) fn first_result() -> Duration {
    lithops::block_on(async {
        let start = Instant::now();
        let builder = FunctionExecutor::builder().backend("processes").workers(WORKERS);
        let exec = builder.progress(false).build().await.unwrap();
        let job = exec.map(no_op, 0..WORKERS as u64).chunk_size(1).submit().unwrap();
        let first = job.stream_unordered().next().await;
        let time = start.elapsed();
        assert!(first.is_some_and(|(_, result)| result.is_ok()));
        job.results().await.unwrap();
        exec.shutdown().await;
        time
    })
}

/// A statically linked program that does nothing, and what built it.
#[derive(Debug)]
pub(crate) struct Static {
    program: PathBuf,
    pub(crate) built_by: &'static str,
}

impl Static {
    /// Builds the program in `folder`: with `cc`, or where that can't, with `rustc`.
    pub(crate) fn build(folder: &Path) -> Self {
        let program = folder.join("no_op");
        let source = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let mut cc = Command::new("cc");
        cc.args(["-O2", "-static", "-o"]).arg(&program);
        cc.arg(source("no_op.c", "int main(void) { return 0; }\n"));
        let mut rustc = Command::new("rustc");
        rustc.args(["-O", "-C", "target-feature=+crt-static", "-o"]).arg(&program);
        rustc.arg(source("no_op.rs", "fn main() {}\n"));
        for (built_by, mut command) in [("cc -static", cc), ("rustc +crt-static", rustc)] {
            let built = command.output().is_ok_and(|output| output.status.success());
            if built && Command::new(&program).status().is_ok_and(|status| status.success()) {
                return Self { program, built_by };
            }
        }
        panic!("neither `cc -static` nor `rustc` can build a static program here")
    }

    /// One `posix_spawn`, and the wait for its end.
    pub(crate) fn run(&self) {
        // Without hooks before the `exec`, std starts a process by `posix_spawn`.
        assert!(Command::new(&self.program).status().unwrap().success());
    }
}
