//! An elastic job on a simulated cloud, and what it costs a client to submit many calls.
//!
//! `--quick` takes one turn of each. What the lines mean is told in `docs/benchmarks.md`.

#![expect(clippy::unwrap_used, reason = "a bench that can't run has nothing to say")]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod cloud;
mod table;

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use cloud::{API, Cloud, Server};
use futures::future::join_all;
use lithops::prelude::*;
use lithops_codeengine_emulator::instance::StartDelays;
use table::{Table, Target, Turn};
use tokio::runtime::{Builder, Runtime};

/// Calls of the elastic job, each in an instance of its own.
const INSTANCES: usize = 1000;
/// How long each of them takes.
const CALL: Duration = Duration::from_secs(5);

/// Calls of the large job.
const CALLS: u64 = 100_000;
/// Instances that they are dealt to.
const SHARES: usize = 250;
/// How long the platform may take to be given them.
const TAKEN_WITHIN: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    if cloud::serve_if_told() {
        return ExitCode::SUCCESS;
    }
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    if given("--list") {
        return ExitCode::SUCCESS;
    }
    let Some(server) = Server::named() else {
        eprintln!(
            "no S3 server is named: run `cargo xtask servers seaweedfs`, and set \
             AWS_ENDPOINT_URL_S3 (http), AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to what it \
             prints"
        );
        return ExitCode::FAILURE;
    };
    let turns = if given("--quick") || !given("--bench") { 1 } else { 3 };
    let load = table::load();
    server.prepare();
    let mut table = Table::new(given("--bench"));
    elastic(&server, turns, &mut table);
    large(&server, turns, &mut table);
    table.print(&load);
    ExitCode::SUCCESS
}

/// What one elastic job came to.
#[derive(Debug)]
struct Elastic {
    /// From making the executor to the last value, less the time of a call.
    overhead: Duration,
    /// From making the executor to the last beginning of a call on its worker.
    begun: Duration,
    /// From the end of each call on its worker to its future's being ready.
    lags: Vec<Duration>,
    /// Requests to storage by client and workers.
    requests: [u64; 2],
    api: u64,
    /// CPU time of the client.
    cpu: Duration,
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn nap(call: u32) -> u32 {
    std::thread::sleep(CALL);
    call
}

fn elastic_job(server: &Server, seed: u64) -> Elastic {
    let mut cloud = Cloud::start(server, seed);
    runtime().block_on(async {
        let (cpu, start, date) = (table::cpu_time(), Instant::now(), SystemTime::now());
        let exec = cloud.builder(INSTANCES).build().await.unwrap();
        let job = exec.map(nap, 0..INSTANCES as u32).submit().unwrap();
        let ready = job.futures().into_iter().map(async |future| (future.await, SystemTime::now()));
        let ready = join_all(ready).await;
        let (makespan, cpu) = (start.elapsed(), table::cpu_time() - cpu);
        let lag = |(call, (value, when)): (usize, (Result<u32, CallError>, SystemTime))| {
            assert_eq!(value.unwrap(), call as u32);
            let stats = job.future(call).stats().unwrap();
            assert_eq!(stats.attempts, 1);
            when.duration_since(stats.started + stats.busy).unwrap()
        };
        let begun = |call| job.future(call).stats().unwrap().started;
        let begun = (0..INSTANCES).map(begun).max().unwrap().duration_since(date).unwrap();
        let lags = ready.into_iter().enumerate().map(lag).collect();
        let summary = job.finished().await;
        exec.shutdown().await;
        Elastic {
            overhead: makespan - CALL,
            begun,
            lags,
            requests: [summary.requests.client, summary.requests.workers],
            api: cloud.requests(),
            cpu,
        }
    })
}

/// The least that this can take: half of the instances have started, a request has gone there and
/// back, and the latest instance has started after those.
fn least(seed: u64) -> Duration {
    let mut starts = StartDelays::elastic().draws(seed, INSTANCES);
    starts.sort_unstable();
    let (median, latest) = (starts[INSTANCES / 2], starts[INSTANCES - 1]);
    median + API + (latest - median)
}

fn elastic(server: &Server, turns: u64, table: &mut Table) {
    let jobs: Vec<Elastic> = (0..turns).map(|seed| elastic_job(server, seed)).collect();
    let ours: Vec<Turn> = jobs.iter().map(|job| Turn::of(1, job.overhead)).collect();
    let beside: Vec<Turn> = (0..turns).map(|seed| Turn::of(1, least(seed))).collect();
    let name = |what: &str| format!("simulated, {INSTANCES} calls of {CALL:?}: {what}");
    let about = "makespan above a call / the latest start and one round trip";
    table.times(name(about), &ours, &beside, Target::AtMost(1.3));
    let begun = jobs.iter().map(|job| job.begun);
    table.duration(name("until the last call has begun"), begun, Target::None);
    for (part, title) in [(0.5, "median"), (0.99, "99th of a hundred")] {
        let lag = |job: &Elastic| {
            let mut lags = job.lags.clone();
            lags.sort_unstable();
            lags[(lags.len() as f64 * part) as usize]
        };
        let what = format!("end of a call to its future, {title}");
        table.duration(name(&what), jobs.iter().map(lag), Target::None);
    }
    table.duration(name("CPU of the client"), jobs.iter().map(|job| job.cpu), Target::None);
    let counts = |what, count: &dyn Fn(&Elastic) -> u64, table: &mut Table| {
        table.count(name(what), jobs.iter().map(count), Target::None);
    };
    counts("storage requests by the client", &|job| job.requests[0], table);
    counts("storage requests by workers", &|job| job.requests[1], table);
    counts("API requests", &|job| job.api, table);
}

/// What submitting the large job came to.
#[derive(Debug)]
struct Submitted {
    cpu: Duration,
    requests: [u64; 2],
    api: u64,
}

fn large_job(server: &Server, seed: u64) -> Submitted {
    let mut cloud = Cloud::start(server, seed);
    runtime().block_on(async {
        let exec = cloud.builder(SHARES).build().await.unwrap();
        let before = table::cpu_time();
        let job = exec.map(|x: u64| x + 1, 0..CALLS).submit().unwrap();
        let deadline = Instant::now() + TAKEN_WITHIN;
        while job.progress().running == 0 {
            assert!(
                Instant::now() < deadline,
                "the platform was given nothing in {TAKEN_WITHIN:?}"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let cpu = table::cpu_time() - before;
        let results = job.results().await.unwrap();
        assert!(results.iter().copied().eq(1..=CALLS));
        let summary = job.finished().await;
        assert_eq!(summary.workers, SHARES);
        exec.shutdown().await;
        let requests = [summary.requests.client, summary.requests.workers];
        Submitted { cpu, requests, api: cloud.requests() }
    })
}

fn large(server: &Server, turns: u64, table: &mut Table) {
    let jobs: Vec<Submitted> = (0..turns).map(|seed| large_job(server, seed)).collect();
    let name = |what: &str| format!("simulated, {CALLS} calls on {SHARES} instances: {what}");
    let cpu = jobs.iter().map(|job| job.cpu);
    let about = "CPU of the client, from submission to the order's being taken";
    table.duration(name(about), cpu, Target::Within(Duration::from_secs(1)));
    let counts = |what, count: &dyn Fn(&Submitted) -> u64, table: &mut Table| {
        table.count(name(what), jobs.iter().map(count), Target::None);
    };
    counts("storage requests by the client", &|job| job.requests[0], table);
    counts("storage requests by workers", &|job| job.requests[1], table);
    counts("API requests", &|job| job.api, table);
}
