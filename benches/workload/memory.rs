//! What a million queued calls cost the client in memory.
//!
//! Measured in a child (this program again), because memory that the process has used before would
//! be used again and seem free. Its only worker is held by another call, so that all calls wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lithops::prelude::*;

use super::calls::{Chunks, no_op};

/// First argument of the child.
pub(crate) const CHILD: &str = "bench-child-memory";

/// Growth of the client's resident memory in bytes a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Growth {
    /// All calls queued.
    pub(crate) queued: f64,
    /// All calls queued and a future held for each.
    pub(crate) with_futures: f64,
    /// All calls done, none of their results taken yet.
    pub(crate) settled: f64,
}

/// Queues `calls` calls in a child and asks how it grew, less 8 bytes a call for the inputs.
pub(crate) fn growth(calls: u32, chunks: Chunks) -> Growth {
    let chunks = if chunks == Chunks::One { "one" } else { "default" };
    let output = super::own_program().args([CHILD, &calls.to_string(), chunks]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<f64> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let [queued, with_futures, settled] = numbers[..] else {
        panic!("the child said {text:?} and {}", String::from_utf8_lossy(&output.stderr))
    };
    Growth { queued, with_futures, settled }
}

static HELD: AtomicBool = AtomicBool::new(false);
static RELEASED: AtomicBool = AtomicBool::new(false);

fn hold(_: u64) {
    HELD.store(true, Ordering::Release);
    wait_for(&RELEASED);
}

fn wait_for(flag: &AtomicBool) {
    while !flag.load(Ordering::Acquire) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The child: measures itself.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
pub(crate) fn serve(mut arguments: impl Iterator<Item = String>) {
    let calls: u32 = arguments.next().unwrap().parse().unwrap();
    let one = arguments.next().unwrap() == "one";
    lithops::block_on(async {
        let builder = FunctionExecutor::builder().backend("threads").workers(1).progress(false);
        let exec = builder.build().await.unwrap();
        exec.map(no_op, 0..1000).await.unwrap();
        let holding = exec.call_async(hold, 0).submit().unwrap();
        wait_for(&HELD);
        let before = settled_memory();
        let a_call = |memory: u64| {
            // The inputs themselves: a `u64` each.
            memory.saturating_sub(before) as f64 / f64::from(calls) - 8.0
        };
        let mut map = exec.map(no_op, 0..u64::from(calls));
        if one {
            map = map.chunk_size(1);
        }
        let job = map.submit().unwrap();
        let queued = settled_memory();
        let futures = job.futures();
        let with_futures = settled_memory();
        RELEASED.store(true, Ordering::Release);
        job.wait(lithops::Until::All).await;
        let settled = settled_memory();
        assert_eq!(futures.len(), calls as usize);
        assert_eq!(job.results().await.unwrap().len(), calls as usize);
        holding.await.unwrap();
        println!("{} {} {}", a_call(queued), a_call(with_futures), a_call(settled));
    });
}

/// Resident memory in bytes, once it no longer changes: another thread takes the job in.
fn settled_memory() -> u64 {
    let mut last = 0;
    let mut same = 0;
    while same < 5 {
        std::thread::sleep(Duration::from_millis(20));
        let now = resident();
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}
