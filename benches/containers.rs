//! Containers beside the engine itself, and beside worker processes: a table of ratios.
//!
//! The sides of a comparison take turns. `--quick` takes fewer turns. What each line means is told
//! in `docs/benchmarks.md`.

#![expect(clippy::unwrap_used, reason = "a bench that can't run has nothing to say")]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod table;

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime};

use lithops::prelude::*;
use lithops_runtime::{Program, Recipe};
use table::{Table, Target, Turn, time};

/// Set for this program to end at once: what `docker run` runs.
const NOTHING: &str = "LITHOPS_BENCH_NOTHING";

/// How many containers are started at once.
const AT_ONCE: usize = 10;
/// How many of them the engine is asked for at a time: more do not make it faster.
const REQUESTS: usize = 4;
/// How many calls a turn of warm workers has.
const CALLS: u64 = 20_000;

fn main() -> ExitCode {
    if std::env::var_os(NOTHING).is_some() {
        return ExitCode::SUCCESS;
    }
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    if given("--list") {
        return ExitCode::SUCCESS;
    }
    if !docker(&["version"]) {
        eprintln!("no Docker Engine answers, so there is nothing to measure");
        return ExitCode::FAILURE;
    }
    let turns = if given("--quick") || !given("--bench") { 3 } else { 11 };
    let load = table::load();
    let mut table = Table::new(given("--bench"));
    let image = assembled(turns, &mut table);
    cold(turns, &image, &mut table);
    many(turns.div_ceil(2), &image, &mut table);
    warm(turns, &mut table);
    table.print(&load);
    ExitCode::SUCCESS
}

fn docker(arguments: &[&str]) -> bool {
    let mut docker = Command::new("docker");
    docker.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    docker.status().is_ok_and(|status| status.success())
}

/// Assembles the image of this program and gives the engine's name for it.
fn assembled(turns: usize, table: &mut Table) -> String {
    let make = || Recipe::new(Program::current().unwrap()).build().unwrap();
    let program = std::fs::read("/proc/self/exe").unwrap();
    let mut sides = [const { Vec::new() }; 2];
    for _ in 0..turns {
        sides[0].push(time(make).0);
        sides[1].push(time(|| program.clone()).0);
    }
    table.times(
        "an image assembled / its program copied in memory".into(),
        &sides[0],
        &sides[1],
        Target::None,
    );
    let image = make();
    let packed: usize = image.layers().iter().map(|layer| layer.packed().bytes.len()).sum();
    table.memory(
        "an image's layers as they are pushed".into(),
        vec![packed as f64],
        Target::Under(10e6),
    );
    table.note(format!("the program has {} bytes", program.len()));

    // The engine gets it as any program's executor gives it.
    let host = lithops::block_on(async {
        let exec = executor("containers", 1).await;
        let host = exec.call_async(host, 0).await.unwrap();
        let name =
            Command::new("docker").args(["inspect", "--format", "{{.Image}}", &host]).output();
        exec.shutdown().await;
        String::from_utf8(name.unwrap().stdout).unwrap()
    });
    host.trim().to_owned()
}

fn host(_: u32) -> String {
    std::fs::read_to_string("/etc/hostname").unwrap().trim().to_owned()
}

async fn executor(backend: &str, workers: usize) -> FunctionExecutor {
    let builder = FunctionExecutor::builder().backend(backend).workers(workers);
    builder.storage("memory").progress(false).build().await.unwrap()
}

/// `docker run --rm` of a program that does nothing, without network, as ours are.
fn run(image: &str) {
    let nothing = format!("{NOTHING}=1");
    assert!(docker(&["run", "--rm", "--network=none", "--env", &nothing, image]));
}

/// The first result of a fresh executor; its end is not part of the time.
fn first_result() -> Duration {
    lithops::block_on(async {
        let start = Instant::now();
        let exec = executor("containers", 1).await;
        assert_eq!(exec.call_async(|x: u32| x, 7).await.unwrap(), 7);
        let time = start.elapsed();
        exec.shutdown().await;
        time
    })
}

fn cold(turns: usize, image: &str, table: &mut Table) {
    let mut sides = [const { Vec::new() }; 2];
    for turn in 0..=turns {
        let ours = Turn::of(1, first_result());
        let (beside, ()) = time(|| run(image));
        if turn > 0 {
            sides[0].push(ours);
            sides[1].push(beside);
        }
    }
    let name = "cold: a fresh executor's first result / `docker run --rm` of nothing";
    table.times(name.into(), &sides[0], &sides[1], Target::AtMost(1.3));
}

/// Time until each of ten containers runs a call.
fn all_begun() -> Duration {
    lithops::block_on(async {
        let start = SystemTime::now();
        let exec = executor("containers", AT_ONCE).await;
        // Longer than all take to start, so that no container has two calls.
        let hold = |_: u32| std::thread::sleep(Duration::from_secs(8));
        let job = exec.map(hold, 0..AT_ONCE as u32).chunk_size(1).submit().unwrap();
        job.results().await.unwrap();
        let begun = |call: usize| job.future(call).stats().unwrap().started;
        let last = (0..AT_ONCE).map(begun).max().unwrap();
        exec.shutdown().await;
        last.duration_since(start).unwrap()
    })
}

/// Ten `docker run --rm`, a few at a time.
fn run_many(image: &str) {
    let left = std::sync::atomic::AtomicUsize::new(AT_ONCE);
    std::thread::scope(|scope| {
        for _ in 0..REQUESTS {
            scope.spawn(|| {
                use std::sync::atomic::Ordering::Relaxed;
                while left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                    run(image);
                }
            });
        }
    });
}

fn many(turns: usize, image: &str, table: &mut Table) {
    let mut sides = [const { Vec::new() }; 2];
    for _ in 0..turns {
        sides[0].push(Turn::of(1, all_begun()));
        sides[1].push(time(|| run_many(image)).0);
    }
    let name = "cold: ten containers at work / ten `docker run --rm` of nothing, four at a time";
    table.times(name.into(), &sides[0], &sides[1], Target::AtMost(1.3));
}

/// CPU time that this process has used so far.
fn cpu(_: u32) -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32)
}

/// Wall time and CPU time of both processes, a call.
async fn calls(exec: &FunctionExecutor) -> [Duration; 2] {
    let used = async || cpu(0) + exec.call_async(cpu, 0).await.unwrap();
    let (before, start) = (used().await, Instant::now());
    exec.map(|x: u64| x, 0..CALLS).await.unwrap();
    let wall = start.elapsed();
    [wall, used().await - before]
}

/// The way there and back of one call after another.
async fn one_by_one(exec: &FunctionExecutor) -> Duration {
    const ROUNDS: u32 = 200;
    let start = Instant::now();
    for round in 0..ROUNDS {
        exec.call_async(|x: u32| x, round).await.unwrap();
    }
    start.elapsed() / ROUNDS
}

fn warm(turns: usize, table: &mut Table) {
    lithops::block_on(async {
        let (containers, processes) =
            (executor("containers", 1).await, executor("processes", 1).await);
        let mut sides = [const { Vec::new() }; 6];
        for turn in 0..=turns {
            let ours = calls(&containers).await;
            let beside = calls(&processes).await;
            let alone = [one_by_one(&containers).await, one_by_one(&processes).await];
            if turn == 0 {
                continue;
            }
            let times = [ours[0], beside[0], ours[1], beside[1]];
            for (side, time) in sides.iter_mut().zip(times) {
                side.push(Turn::of(CALLS as u32, time));
            }
            sides[4].push(Turn::of(1, alone[0]));
            sides[5].push(Turn::of(1, alone[1]));
        }
        let [wall, wall_beside, cpu, cpu_beside, one, one_beside] = &sides;
        let name = |what: &str| format!("warm, one container / one worker process: {what}");
        let target = Target::AtMost(2.0);
        table.times(name("calls of a large job"), wall, wall_beside, target);
        table.times(name("CPU of client and worker"), cpu, cpu_beside, target);
        table.times(name("one call after another"), one, one_beside, target);
        containers.shutdown().await;
        processes.shutdown().await;
    });
}
