//! Counts the words of files and objects, exactly as `wc -w` does.
//!
//! ```console
//! $ cargo run --release --example word_count -- /usr/share/doc
//! $ cargo run --release --example word_count --features storage-s3 -- s3://bucket/books/
//! ```
//!
//! prints two numbers; of a folder, one for each of these commands:
//!
//! ```console
//! $ find /usr/share/doc -type f -print0 | xargs -0 cat | LC_ALL=C wc -w
//! $ find /usr/share/doc -type f -print0 | LC_ALL=C wc -w --files0-from=- | tail -n 1
//! ```
//!
//! They differ where a file does not end in white space: `cat` glues its last word to the first
//! word of the next file. Gluing is associative, so parts of files can be counted anywhere and put
//! together in order afterwards; that is what the reduce function does, level by level. A large file
//! is divided where lines end, so that many workers count it.
//!
//! A word is what GNU `wc` up to 9.4 takes for one in the C locale: white space separates words,
//! printable ASCII forms them, and any other byte is passed over as if it were not there. Later
//! versions count a run of such bytes as a word; with `LC_ALL=C tr -cd '\t-\r -~' |` before `wc`,
//! every version agrees, in every locale. Symbolic links are not followed.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use lithops::prelude::*;

mod count;
#[path = "../options/mod.rs"]
mod options;

use count::{Stretch, count, join};
use options::Options;

const USAGE: &str = "\
usage: word_count [WHAT..] [--part MIB]

  WHAT             what to count: folders and files, or buckets and prefixes such as
                   s3://bucket/books/ (default /usr/share/doc)
  --part MIB       how many MiB of a file one call counts (default 16)";

/// How many stretches are put together by one call of the reduce function.
const FAN_IN: usize = 16;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse(USAGE, &["--part"])?;
    let part_mib: u64 = options.value("--part", 16)?;
    ensure!(part_mib > 0, "--part must be at least 1");
    let mut inputs = options.positional.clone();
    if inputs.is_empty() {
        inputs.push("/usr/share/doc".to_owned());
    }

    let mut files = Vec::new();
    for input in &inputs {
        if input.contains("://") {
            files.push(input.clone());
        } else {
            find(Path::new(input), &mut files)?;
        }
    }

    let exec = options.connect().await?;
    let started = Instant::now();
    let parts = exec.objects(files).lines().chunk_size(part_mib << 20).await?;
    let job = exec.map_reduce(count, parts, glue).tree(FAN_IN).submit()?;
    // The job's last stage is the one call that puts the last stretches together.
    let total = job.results().await?.remove(0);
    let seconds = started.elapsed().as_secs_f64();

    let megabytes = total.bytes as f64 / 1e6;
    println!("{} files, {megabytes:.1} MB, {:.1} MB/s", total.files, megabytes / seconds);
    println!("{} words, files joined", total.words);
    println!("{} words, file by file", total.words_by_file);
    println!("{}", job.summary());
    Ok(())
}

/// Adds the regular files at and below `path`, in the order in which `find` names them: that of
/// the folder's entries, each folder before the next entry.
fn find(path: &Path, files: &mut Vec<String>) -> anyhow::Result<()> {
    let metadata =
        fs::symlink_metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if metadata.is_symlink() {
        bail!("{} is a symbolic link, which is not followed", path.display());
    }
    if metadata.is_file() {
        let name = path.to_str();
        files.push(name.with_context(|| format!("{} is not UTF-8", path.display()))?.to_owned());
    }
    if metadata.is_dir() {
        find_below(path, files)?;
    }
    Ok(())
}

fn find_below(folder: &Path, files: &mut Vec<String>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("cannot list the folder {}", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let kind = entry.file_type()?;
        if kind.is_dir() || kind.is_file() {
            find(&entry.path(), files)?;
        }
    }
    Ok(())
}

/// Puts stretches together in order.
fn glue(stretches: Vec<Stretch>) -> Stretch {
    stretches.into_iter().fold(Stretch::default(), join)
}
