//! Generates records of 100 bytes, sorts them by their first 10, and checks the result.
//!
//! ```console
//! $ cargo run --release --example tera_sort -- --size=1024 --partitions=32
//! ```
//!
//! All three are jobs of the same executor. The sort is a pipeline by key: map calls read files and
//! write sorted runs to the storage, then one call a partition merges its part of all runs and writes
//! a file; files one after the other are sorted as a whole. The check reads these, and compares the
//! number of records and the sum of their checksums with those of the generator.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use lithops::Isolation;
use lithops::prelude::*;

#[path = "../options/mod.rs"]
mod options;
mod records;

use options::Options;
use records::{Facts, Output, Part, RECORD};

const USAGE: &str = "\
usage: tera_sort [--size MIB] [--partitions N] [--part MIB] [--memory MIB] [--folder FOLDER]

  --size MIB       how much to generate and sort (default 64)
  --partitions N   how many files to sort it into (default 8)
  --part MIB       how much one map call reads (default 32)
  --memory MIB     limit of a worker's memory (default none)
  --folder FOLDER  where the files go, one that all workers see; it is kept then
                   (default a new one, removed at the end)
  --kill STAGE     kills the worker of a call at its first attempt, in stage map or reduce";

const OWN: &[&str] = &["--size", "--partitions", "--part", "--memory", "--folder", "--kill"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse(USAGE, OWN)?;
    let mebibytes = |name, default: u64| anyhow::Ok(options.value(name, default)? << 20);
    let (size, part) = (mebibytes("--size", 64)?, mebibytes("--part", 32)?);
    let partitions: u32 = options.value("--partitions", 8)?;
    let memory = mebibytes("--memory", 0)?;
    let folder: PathBuf = options.value("--folder", String::new())?.into();
    let kill: String = options.value("--kill", String::new())?;
    ensure!(part > 0, "--part must be at least 1");

    let exec = options.connect().await?;
    if !kill.is_empty() && exec.capability().isolation == Isolation::Thread {
        bail!("--kill needs workers that are processes: a thread would take this program along");
    }
    let temporary = if folder.as_os_str().is_empty() { Some(tempfile::tempdir()?) } else { None };
    let folder = temporary.as_ref().map_or(folder.as_path(), |folder| folder.path());
    let folder = std::path::absolute(folder)?;
    let (input, sorted) = (folder.join("input"), folder.join("sorted"));
    empty(&input)?;
    empty(&sorted)?;

    let mut parts = parts(&input, size, part);
    let mut generated = Facts::new();
    for facts in exec.map(records::generate, parts.clone()).await? {
        generated.follow(facts);
    }

    if let (true, Some(first)) = (kill == "map", parts.first_mut()) {
        first.dies = true;
    }
    let output = Output { folder: sorted, dies: (kill == "reduce").then_some(0) };
    let mut pairs = exec.flat_map(records::read, parts).partitions(partitions);
    if memory > 0 {
        pairs = pairs.memory(memory);
    }
    let started = Instant::now();
    let job = pairs.sort_by_key().each_partition_with(output, records::write).submit()?;
    let files = job.results().await?;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "sorted {} MiB in {seconds:.2} s, {:.0} MB/s",
        size >> 20,
        size as f64 / seconds / 1e6
    );
    if let Some(shuffle) = job.shuffle() {
        println!("{shuffle}");
    }

    let mut found = Facts::new();
    for facts in exec.map(records::check, files).await? {
        found.follow(facts);
    }
    ensure!(found.in_order, "the records are not in order");
    ensure!(
        found.records == generated.records,
        "{} records of {}",
        found.records,
        generated.records
    );
    ensure!(found.checksum == generated.checksum, "the records are not those generated");
    println!("{} records, in order, checksum {:016x}", found.records, found.checksum);
    println!("{}", job.summary());
    Ok(())
}

/// The files that `size` bytes make, each of at most `part`.
fn parts(folder: &Path, size: u64, part: u64) -> Vec<Part> {
    let (records, most) = (size / RECORD as u64, (part / RECORD as u64).max(1));
    let part = |number: u64| Part {
        path: folder.join(format!("part-{number:05}")),
        // Far apart in the sequence of the generator.
        seed: number << 40,
        records: most.min(records - number * most),
        dies: false,
    };
    (0..records.div_ceil(most)).map(part).collect()
}

/// Makes an empty folder.
fn empty(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot empty {folder:?}"))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {folder:?}"))
}
