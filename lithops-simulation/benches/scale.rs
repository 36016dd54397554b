//! What a job of very many workers costs its client: through simulated storage, in simulated time.
//!
//! The processor's time is real, and only the client's: the engine, the codec, the scheduling of their
//! tasks. Platform, workers and storage are simulated, and their time is left out.

#![expect(clippy::unwrap_used, reason = "a bench that can't run has nothing to say")]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::time::Duration;

use lithops_core::api::ExecutorExt;
use lithops_core::ports::StorageRequests;
use lithops_simulation::{Faults, Ran, Simulation, Way};

const START: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));
const CALL: Duration = Duration::from_secs(30);
/// How often each size is run: the least time of the processor counts.
const TURNS: usize = 3;

fn work(x: u32) -> u32 {
    x
}

/// One call for each of so many workers.
fn job(workers: u32) -> Ran<StorageRequests> {
    let request = (Duration::from_millis(10), Duration::from_millis(60));
    let faults = Faults { call: (CALL, CALL), start: START, request, ..Faults::none() };
    let simulation = Simulation::seed(1).faults(faults).workers(workers as usize).way(Way::Storage);
    simulation.run(|exec| async move {
        let job = exec.map(work, 0..workers).chunk_size(1).submit().unwrap();
        let values = job.results().await.unwrap();
        assert!(values.into_iter().eq(0..workers));
        job.finished().await.requests
    })
}

fn main() {
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let measured = std::env::args().any(|argument| argument == "--bench");
    // `cargo test` only wants to see that it works.
    let (scale, turns) = if measured { (1, TURNS) } else { (100, 1) };
    println!(
        "| workers | client's CPU a worker | beside 1,000 | client's requests a worker | workers' | makespan | ideal |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|");
    let mut first = None;
    for workers in [1_000, 3_000, 10_000].map(|workers| workers / scale) {
        let mut runs: Vec<_> = (0..turns).map(|_| job(workers)).collect();
        runs.sort_by_key(|ran| ran.client_cpu);
        let Ran { value, client_cpu, took, .. } = &runs[0];
        let each = |count: u64| count as f64 / f64::from(workers);
        let micros = client_cpu.as_secs_f64() * 1e6 / f64::from(workers);
        let ratio = micros / *first.get_or_insert(micros);
        let (client, of_workers) = (each(value.client), each(value.workers));
        let (took, ideal) = (took.as_secs_f64(), (START.1 + CALL).as_secs_f64());
        println!(
            "| {workers} | {micros:.1} µs | {ratio:.2} | {client:.3} | {of_workers:.2} | {took:.1} s | {ideal:.1} s |"
        );
    }
}
