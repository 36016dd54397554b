//! A sort through storage beside GNU `sort`, of the same files on the same disk.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the measurement")]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use lithops::prelude::*;
use table::{Table, Target, Turn, time};

#[path = "../examples/tera_sort/records.rs"]
mod records;
mod table;

use records::{Facts, Output, Part, RECORD};

/// Workers of ours, and threads of the other.
const WORKERS: usize = 2;
/// What one worker process may use.
const MEMORY: u64 = 512 << 20;
const PARTITIONS: u32 = 32;

fn main() {
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    if given("--list") {
        return;
    }
    // `cargo test` only wants to see that it works.
    let (mebibytes, turns) = match (given("--bench"), given("--quick")) {
        (false, _) => (4, 1),
        (true, true) => (256, 2),
        (true, false) => (1024, 5),
    };
    let load = table::load();
    let folder = tempfile::tempdir().unwrap();
    let parts = parts(&folder.path().join("input"), mebibytes << 20, (mebibytes << 20) / 16);
    let exec = lithops::block_on(connect(folder.path()));
    let generated = lithops::block_on(exec.map(records::generate, parts.clone()).into_future());
    let mut expected = Facts::new();
    generated.unwrap().into_iter().for_each(|facts| expected.follow(facts));

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut shuffle = None;
    let mut best = Duration::MAX;
    for _ in 0..turns {
        let begun = Instant::now();
        shuffle = lithops::block_on(sort(&exec, &parts, folder.path()));
        best = best.min(begun.elapsed());
        ours.push(Turn::of(1, begun.elapsed()));
        let (turn, ()) = time(|| gnu_sort(&parts, folder.path()));
        theirs.push(turn);
    }
    check(folder.path(), &expected);

    let mut table = Table::new(mebibytes == 1024);
    let bytes = expected.records as usize * RECORD;
    let name = |threads| {
        format!(
            "{mebibytes} MiB sorted through files, {PARTITIONS} partitions / `sort`, {threads} threads"
        )
    };
    table.throughput(name(WORKERS), bytes, &ours, &theirs, Target::Under(1.0));
    let rate = bytes as f64 / best.as_secs_f64() / 1e6 / WORKERS as f64;
    table.note(format!("ours at best: {rate:.0} MB/s a core, with {} MiB a worker", MEMORY >> 20));
    table.note(
        shuffle.map(|shuffle: lithops::ShuffleSummary| shuffle.to_string()).unwrap_or_default(),
    );
    table.print(&load);
}

async fn connect(folder: &Path) -> FunctionExecutor {
    let builder = FunctionExecutor::builder().backend("processes").workers(WORKERS);
    let root = folder.join("jobs");
    std::fs::create_dir_all(folder.join("input")).unwrap();
    builder.storage("file").storage_root(root).progress(false).build().await.unwrap()
}

async fn sort(
    exec: &FunctionExecutor,
    parts: &[Part],
    folder: &Path,
) -> Option<lithops::ShuffleSummary> {
    let output = Output { folder: folder.join("sorted"), dies: None };
    std::fs::create_dir_all(&output.folder).unwrap();
    let pairs = exec.flat_map(records::read, parts.to_vec()).memory(MEMORY).partitions(PARTITIONS);
    let job = pairs.sort_by_key().each_partition_with(output, records::write).submit().unwrap();
    let files: Vec<PathBuf> = job.results().await.unwrap();
    assert_eq!(files.len(), PARTITIONS as usize);
    job.shuffle()
}

fn gnu_sort(parts: &[Part], folder: &Path) {
    let mut sort = Command::new("sort");
    sort.env("LC_ALL", "C").env("TMPDIR", folder).args([
        &format!("--parallel={WORKERS}"),
        "-S",
        "1G",
    ]);
    sort.arg("-o").arg(folder.join("theirs")).args(parts.iter().map(|part| &part.path));
    assert!(sort.status().unwrap().success());
}

/// Whether ours is what was generated, in order, and the very bytes that `sort` gives.
fn check(folder: &Path, expected: &Facts) {
    let files = (0..PARTITIONS).map(|index| folder.join(format!("sorted/part-{index:05}")));
    let mut found = Facts::new();
    let mut theirs = File::open(folder.join("theirs")).unwrap();
    for file in files {
        let ours = std::fs::read(&file).unwrap();
        let mut same = vec![0; ours.len()];
        theirs.read_exact(&mut same).unwrap();
        assert!(ours == same, "{} is not what `sort` gives", file.display());
        found.follow(records::check(file).unwrap());
    }
    assert!(found.in_order);
    assert_eq!((found.records, found.checksum), (expected.records, expected.checksum));
}

/// The files that `size` bytes make, each of at most `part`.
fn parts(folder: &Path, size: u64, part: u64) -> Vec<Part> {
    let (records, most) = (size / RECORD as u64, part.div_ceil(RECORD as u64));
    let part = |number: u64| Part {
        path: folder.join(format!("part-{number:05}")),
        seed: number << 40,
        records: most.min(records - number * most),
        dies: false,
    };
    (0..records.div_ceil(most)).map(part).collect()
}
