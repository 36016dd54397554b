//! Counts the k-mers of sequencing reads: each word of k bases, together with its reverse complement.
//!
//! ```console
//! $ cargo run --release --example genome
//! $ cargo run --release --example genome -- reads.fastq.gz --k 31
//! ```
//!
//! Without a file it makes reads of a genome of its own, always the same. Files are FASTQ, plain or
//! packed by `bgzip` or `gzip` (`.gz`), in any storage. Each call counts the k-mers of its part;
//! counts of one k-mer meet in one partition, and none comes to the client but in the sums.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use anyhow::ensure;
use lithops::prelude::*;
use lithops::{Records, SortedPartition};
use serde::{Deserialize, Serialize};

mod kmer;
#[path = "../options/mod.rs"]
mod options;
mod reads;

use options::Options;

const USAGE: &str = "\
usage: genome [FILE..] [--k N] [--part KIB] [--reads N] [--best N]

  FILE             FASTQ; one that ends in .gz is unpacked (default: made reads)
  --k N            bases of a k-mer, at most 31 (default 21)
  --part KIB       how much of a file one call counts (default 4096)
  --reads N        how many reads are made (default 20000)
  --best N         how many k-mers are shown (default 5)";

/// What came of one partition.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Counts {
    kmers: u64,
    distinct: u64,
    /// How many k-mers occur so often.
    histogram: BTreeMap<u64, u64>,
    best: Vec<(u64, u64)>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse(USAGE, &["--k", "--part", "--reads", "--best"])?;
    let k: usize = options.value("--k", 21)?;
    ensure!((1..=31).contains(&k), "--k must be from 1 to 31");
    let part: u64 = options.value("--part", 4096_u64)?.saturating_mul(1024).max(1);
    let best: usize = options.value("--best", 5)?;
    let mut files = options.positional.clone();
    if files.is_empty() {
        files.push(reads::make(options.value("--reads", 20_000)?)?);
    }

    let exec = options.connect().await?;
    let started = Instant::now();
    let (packed, plain): (Vec<String>, Vec<String>) =
        files.into_iter().partition(|file| file.ends_with(".gz"));
    let plain = exec.objects(plain).records(Records::Fastq).chunk_size(part).await?;
    let packed = exec.objects(packed).gzip().records(Records::Fastq).chunk_size(part).await?;
    let parts = plain.into_iter().chain(packed).map(|part| (part, k));
    let job = exec.flat_map(count, parts).sort_by_key().each_partition_with(best, sum).submit()?;
    let total = job
        .results()
        .await?
        .into_iter()
        .fold(Counts::default(), |all, more| merge(all, more, best));

    println!(
        "{} k-mers, {} distinct, {:.2} s",
        total.kmers,
        total.distinct,
        started.elapsed().as_secs_f64()
    );
    for (times, kmers) in total.histogram.iter().take(best) {
        println!("{kmers:>10} k-mers occur {times} times");
    }
    for (kmer, times) in &total.best {
        println!("{} occurs {times} times", kmer::text(*kmer, k));
    }
    println!("{}", job.summary());
    Ok(())
}

/// The k-mers of a part's reads with their counts.
fn count((part, k): (ObjectPart, usize)) -> Result<HashMap<u64, u64>, DataError> {
    let mut counts = HashMap::new();
    for read in part.records()? {
        let read = read?;
        let bases = read.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
        for kmer in kmer::canonical(bases, k) {
            *counts.entry(kmer).or_default() += 1;
        }
    }
    Ok(counts)
}

/// Sums the counts of a partition's k-mers, which come in order, so that one sum is held at a time.
fn sum(best: &usize, pairs: SortedPartition<u64, u64>) -> Counts {
    let mut counts = Counts::default();
    let mut current: Option<(u64, u64)> = None;
    for (kmer, times) in pairs {
        match &mut current {
            Some((same, sum)) if *same == kmer => *sum += times,
            _ => counts.add(current.replace((kmer, times)), *best),
        }
    }
    counts.add(current, *best);
    counts
}

impl Counts {
    fn add(&mut self, kmer: Option<(u64, u64)>, best: usize) {
        let Some((kmer, times)) = kmer else { return };
        self.kmers += times;
        self.distinct += 1;
        *self.histogram.entry(times).or_default() += 1;
        self.best.push((kmer, times));
        if self.best.len() > 100 + 2 * best {
            self.keep(best);
        }
    }

    fn keep(&mut self, best: usize) {
        self.best.sort_by_key(|(kmer, times)| (std::cmp::Reverse(*times), *kmer));
        self.best.truncate(best);
    }
}

fn merge(mut all: Counts, more: Counts, best: usize) -> Counts {
    all.kmers += more.kmers;
    all.distinct += more.distinct;
    for (times, kmers) in more.histogram {
        *all.histogram.entry(times).or_default() += kmers;
    }
    all.best.extend(more.best);
    all.keep(best);
    all
}
