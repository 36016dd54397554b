//! Searches log files and changelogs for a text, and tells where it occurs most.
//!
//! ```console
//! $ cargo run --release --example log_search -- installed /var/log
//! $ cargo run --release --example log_search -- segfault /usr/share/doc
//! $ cargo run --release --features storage-s3 --example log_search -- timeout s3://logs/2026/
//! ```
//!
//! Files ending in `.gz` are searched unpacked; large ones that are not are divided, at the ends of
//! lines, over several calls. With no folder named, everything below `/var/log`
//! is searched, and the changelogs below `/usr/share/doc`. Logs are often for root's eyes only, so
//! a file that cannot be read is an ordinary result here: the calls return a `Result` whose error
//! is a value, and the report says how many files were left out, and why.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::collections::BTreeMap;
use std::fs;
use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use lithops::ObjectInput;
use lithops::prelude::*;
use serde::{Deserialize, Serialize};

mod options;
use options::Options;

const USAGE: &str = "\
usage: log_search [TEXT [WHERE..]] [--show N] [--part MIB]

  TEXT             what to look for, upper and lower case alike (default error)
  WHERE            folders, or buckets and prefixes such as s3://logs/2026/
                   (default /var/log and the changelogs below /usr/share/doc)
  --part MIB       how many MiB of a file one call searches (default 16)
  --show N         how many files to list (default 10)";

/// The lines of one file, or of a part of it, that have the text.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Matches {
    file: String,
    bytes: u64,
    lines: u64,
    /// The first line that has it, cut to a length that fits a terminal.
    first: Option<String>,
}

/// A file that could not be searched.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Unreadable {
    file: String,
    reason: String,
}

/// What all files together gave.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Report {
    files: u64,
    bytes: u64,
    lines: u64,
    /// The files that have the text, most lines first, then by path.
    matches: Vec<Matches>,
    unreadable: Vec<Unreadable>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse(USAGE, &["--show", "--part"])?;
    let part: u64 = options.value("--part", 16_u64)?.max(1) << 20;
    let show: usize = options.value("--show", 10)?;
    let mut arguments = options.positional.iter();
    let text = arguments.next().map_or("error", String::as_str).to_lowercase();
    let places: Vec<&String> = arguments.collect();

    let mut files = Vec::new();
    if places.is_empty() {
        find(Path::new("/var/log"), &|_| true, &mut files)?;
        find(Path::new("/usr/share/doc"), &is_changelog, &mut files)?;
    }

    let exec = options.connect().await?;
    for place in places {
        if place.contains("://") {
            // Found first, to know which of them are packed.
            files.extend(exec.objects(place).await?.into_iter().map(|part| part.object.into()));
        } else {
            find(Path::new(place), &|_| true, &mut files)?;
        }
    }
    let (packed, plain): (Vec<ObjectInput>, Vec<ObjectInput>) =
        files.into_iter().partition(is_packed);

    let started = Instant::now();
    let plain = exec.objects(plain).lines().chunk_size(part).await?;
    let packed = exec.objects(packed).lines().gzip().await?;
    let searches: Vec<(String, ObjectPart)> =
        plain.into_iter().chain(packed).map(|part| (text.clone(), part)).collect();
    let job = exec.map_reduce(search, searches, report).submit()?;
    // The job's last stage is the one call that sorts what the others found.
    let report = job.results().await?.remove(0);
    let seconds = started.elapsed().as_secs_f64();

    for matches in report.matches.iter().take(show) {
        println!("{:>7}  {}", matches.lines, matches.file);
        if let Some(line) = &matches.first {
            println!("         {line}");
        }
    }
    let hidden = report.matches.len().saturating_sub(show);
    if hidden > 0 {
        println!("         .. and {hidden} more files");
    }
    println!(
        "{} lines with {text:?} in {} of {} files, {:.1} MB unpacked, {:.1} MB/s",
        report.lines,
        report.matches.len(),
        report.files,
        report.bytes as f64 / 1e6,
        report.bytes as f64 / 1e6 / seconds
    );
    for file in &report.unreadable {
        println!("not searched: {}: {}", file.file, file.reason);
    }
    println!("{}", job.summary());
    Ok(())
}

/// Adds the regular files below `folder` that are `wanted`. Links are not followed, and a folder
/// that may not be listed is passed over with a word about it.
fn find(
    folder: &Path,
    wanted: &dyn Fn(&Path) -> bool,
    files: &mut Vec<ObjectInput>,
) -> anyhow::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            eprintln!("not searched: {}: {error}", folder.display());
            return Ok(());
        }
        entries => {
            entries.with_context(|| format!("cannot list the folder {}", folder.display()))?
        }
    };
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() {
            find(&path, wanted, files)?;
        } else if kind.is_file() && wanted(&path) {
            files.push(path.into());
        }
    }
    Ok(())
}

fn is_changelog(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("changelog"))
}

fn is_packed(input: &ObjectInput) -> bool {
    match input {
        ObjectInput::Uri(name) => name.ends_with(".gz"),
        ObjectInput::Found(object) => object.key.ends_with(".gz"),
    }
}

/// Searches one file, or a part of one.
fn search((text, part): (String, ObjectPart)) -> Result<Matches, Unreadable> {
    search_part(&text, &part)
        .map_err(|error| Unreadable { file: part.key().to_owned(), reason: error.to_string() })
}

fn search_part(text: &str, part: &ObjectPart) -> std::io::Result<Matches> {
    let mut reader = part.reader()?;
    let mut matches = Matches { file: part.key().to_owned(), ..Matches::default() };
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(matches);
        }
        matches.bytes += read as u64;
        let found = String::from_utf8_lossy(&line);
        if found.to_lowercase().contains(text) {
            matches.lines += 1;
            matches.first.get_or_insert_with(|| one_line(&found));
        }
    }
}

/// The beginning of a line, without what would move a terminal's cursor.
fn one_line(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect()
}

/// Adds up what the calls found, by file, and sorts it.
fn report(results: Vec<Result<Matches, Unreadable>>) -> Report {
    let mut report = Report::default();
    let mut files: BTreeMap<String, Matches> = BTreeMap::new();
    for result in results {
        match result {
            // Parts come in order, so the first line that was found stays the first.
            Ok(part) => {
                let file = files.entry(part.file.clone()).or_default();
                file.bytes += part.bytes;
                file.lines += part.lines;
                file.first = file.first.take().or(part.first);
                file.file = part.file;
            }
            Err(unreadable) => report.unreadable.push(unreadable),
        }
    }
    report.files = files.len() as u64;
    report.bytes = files.values().map(|file| file.bytes).sum();
    report.lines = files.values().map(|file| file.lines).sum();
    report.matches = files.into_values().filter(|file| file.lines > 0).collect();
    report.matches.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.file.cmp(&b.file)));
    report
}
