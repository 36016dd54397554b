//! Python's `ProcessPoolExecutor`, warm, in a Python process beside this one.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Reads how many calls to make, makes them, and says so; again and again.
const SCRIPT: &str = "
import sys
from concurrent.futures import ProcessPoolExecutor

def no_op(x):
    return x

if __name__ == '__main__':
    with ProcessPoolExecutor(int(sys.argv[1])) as pool:
        for line in sys.stdin:
            n = int(line)
            results = list(pool.map(no_op, range(n), chunksize=1))
            assert results == list(range(n))
            print(n, flush=True)
";

/// A Python process with a warm pool.
#[derive(Debug)]
pub(crate) struct Python {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Python {
    /// Starts the pool; `None` where there is no `python3`.
    pub(crate) fn start(folder: &std::path::Path) -> Option<Self> {
        // A file, because the pool's processes may have to import it.
        let script = folder.join("pool.py");
        std::fs::write(&script, SCRIPT).unwrap();
        let mut child = Command::new("python3")
            .arg(script)
            .arg(super::WORKERS.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let (orders, answers) = (child.stdin.take(), BufReader::new(child.stdout.take()?));
        let mut python = Self { child, orders, answers };
        python.run(100).then_some(python)
    }

    /// `calls` calls by `map(chunksize=1)`; gives whether Python did them.
    pub(crate) fn run(&mut self, calls: u32) -> bool {
        let Some(orders) = &mut self.orders else { return false };
        let mut answer = String::new();
        writeln!(orders, "{calls}").is_ok()
            && self.answers.read_line(&mut answer).is_ok()
            && answer.trim() == calls.to_string()
    }

    /// What `python3` calls itself.
    pub(crate) fn version() -> String {
        let output = Command::new("python3").arg("--version").output();
        output.map_or_else(|_| String::new(), |o| String::from_utf8_lossy(&o.stdout).trim().into())
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // The script ends when its input does.
        self.orders.take();
        self.child.wait().ok();
    }
}
