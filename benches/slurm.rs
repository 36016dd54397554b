//! What calls on a cluster of Slurm take, beside the same work as a bare array job.
//!
//! `--quick` takes one turn of each. `cargo xtask slurm --bench` starts a cluster for it.

#![expect(clippy::unwrap_used, reason = "a bench that can't run has nothing to say")]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod table;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use lithops::prelude::*;
use lithops::{Builder, Config};
use table::{Table, Target, Turn};

/// Set for this program to run one job and to end: the number of calls.
const CALLS: &str = "LITHOPS_BENCH_CALLS";

/// Processors of a task, of which a node has 16: each task has a node to itself.
const MOST_OF_A_NODE: &str = "9";

/// Slurm starts what comes within 3 s of its last look at the queue (`batch_sched_delay`) only after
/// those: whoever came right after another side would wait for what that one did.
const REST: Duration = Duration::from_secs(4);

/// How often the queue is asked whether a job has ended.
const LOOK: Duration = Duration::from_millis(50);
/// What a job may take.
const BOUND: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    if let Ok(calls) = std::env::var(CALLS) {
        run_a_job(calls.parse().unwrap());
        return ExitCode::SUCCESS;
    }
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    if given("--list") {
        return ExitCode::SUCCESS;
    }
    let Ok(shared) = std::env::var("LITHOPS_TEST_SLURM_SHARED") else {
        eprintln!("no cluster of Slurm is named: run `cargo xtask slurm --bench`");
        return ExitCode::FAILURE;
    };
    let turns = if given("--quick") || !given("--bench") { 1 } else { 5 };
    let load = table::load();
    let mut table = Table::new(given("--bench"));
    short(Path::new(&shared), turns, &mut table);
    many(Path::new(&shared), turns, &mut table);
    table.print(&load);
    ExitCode::SUCCESS
}

fn add_one(x: u32) -> u32 {
    x + 1
}

fn rest() {
    std::thread::sleep(REST);
}

/// What a user's program does: makes an executor, has its results, and ends it.
fn run_a_job(calls: u32) {
    let results = lithops::block_on(async {
        let builder = Builder::new(Config::load().unwrap()).progress(false).journal(false);
        let exec = builder.build().await.unwrap();
        let results = exec.map(add_one, 0..calls).await.unwrap();
        exec.shutdown().await;
        results
    });
    assert!(results.into_iter().eq(1..=calls));
}

/// Such a program, from its start to its end.
fn ours(settings: &Path, calls: u32) -> Turn {
    rest();
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.env(CALLS, calls.to_string()).env("LITHOPS_CONFIG", settings);
    let (turn, status) = table::time(|| program.status().unwrap());
    assert!(status.success(), "{status}");
    turn
}

/// Writes what such programs are told.
fn settings(shared: &Path, name: &str, workers: usize, section: &str) -> std::path::PathBuf {
    let file = shared.join(format!("{name}.toml"));
    let folder = shared.join("bench");
    let text = format!(
        "[lithops]\nbackend = \"slurm\"\n[slurm]\nmax_workers = {workers}\nfolder = \
         \"{}\"\n{section}\n",
        folder.display()
    );
    std::fs::write(&file, text).unwrap();
    file
}

fn sbatch(array: &str, options: &[&str]) -> String {
    let mut sbatch = Command::new("sbatch");
    sbatch.args(["--parsable", "--output=/dev/null", "--array", array]).args(options);
    let output = sbatch.args(["--wrap", "true"]).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// An array job that `sbatch` itself waits for: it looks less and less often.
fn bare_and_waited_for(array: &str, options: &[&str]) -> Turn {
    rest();
    table::time(|| sbatch(array, &[&["--wait"], options].concat())).0
}

/// An array job that is watched closely, and then `work` here.
fn bare(array: &str, options: &[&str], work: &dyn Fn()) -> Turn {
    let watched = || {
        let start = Instant::now();
        let number = sbatch(array, options);
        loop {
            let mut squeue = Command::new("squeue");
            squeue.args(["--noheader", "--states=PD,CF,R", "--jobs", &number]);
            let output = squeue.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            if output.stdout.is_empty() {
                return work();
            }
            assert!(start.elapsed() < BOUND, "job {number} takes longer than {BOUND:?}");
            std::thread::sleep(LOOK);
        }
    };
    rest();
    table::time(watched).0
}

/// Ten calls, from the start of a program to its end.
fn short(shared: &Path, count: usize, table: &mut Table) {
    let settings = settings(shared, "short", 10, "");
    // The program is brought into the folder once.
    ours(&settings, 10);
    let mut sides: [Vec<Turn>; 3] = Default::default();
    for _ in 0..count {
        sides[0].push(ours(&settings, 10));
        sides[1].push(bare_and_waited_for("0-9", &[]));
        sides[2].push(bare("0-9", &[], &|| ()));
    }
    let [ours, waited, watched] = sides;
    let name = |beside: &str| format!("10 calls, a program from start to end / {beside}");
    table.times(name("`sbatch --array=0-9 --wait`"), &ours, &waited, Target::None);
    table.times(name("the same array, looked at each 50 ms"), &ours, &watched, Target::AtMost(1.2));
}

/// Many small calls on three nodes, beside an array with a task on each and the calls' own time.
fn many(shared: &Path, count: usize, table: &mut Table) {
    const MANY: u32 = 10_000;
    let settings = settings(shared, "many", 3, &format!("runtime_cpu = {MOST_OF_A_NODE}"));
    let alone = ["--cpus-per-task", MOST_OF_A_NODE];
    let mut sides: [Vec<Turn>; 2] = Default::default();
    for _ in 0..count {
        sides[0].push(ours(&settings, MANY));
        sides[1].push(bare("0-2", &alone, &|| {
            let results: Vec<u32> = std::hint::black_box((0..MANY).map(add_one).collect());
            assert_eq!(results.len(), MANY as usize);
        }));
    }
    let [ours, bare] = sides;
    let name = "10,000 calls on 3 nodes / an array of 3, and the calls' own time";
    table.times(name.to_owned(), &ours, &bare, Target::AtMost(1.2));
}
