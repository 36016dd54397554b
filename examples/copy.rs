//! Copies objects from one storage to another, by streams: no worker holds more than a few pieces.
//!
//! ```console
//! $ cargo run --release --features storage-s3 --example copy -- examples/images/ s3://photos/
//! $ cargo run --release --features storage-s3 --example copy -- 's3://logs/2026/*.log' target/logs/
//! ```

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use anyhow::{Context, bail};
use futures::TryStreamExt;
use lithops::ObjectWriter;
use lithops::prelude::*;

mod options;
use options::Options;

const USAGE: &str = "\
usage: copy FROM TO [--retries N]

  FROM             a folder or prefix, an object, or a pattern
  TO               the folder or prefix that names are put behind
  --retries N      how often a copy that failed is made anew (default 2)";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse(USAGE, &["--retries"])?;
    let retries: u32 = options.value("--retries", 2)?;
    let [from, to] = options.positional.as_slice() else { bail!("{USAGE}") };
    let to = if to.contains("://") {
        to.clone()
    } else {
        std::path::absolute(to)?.to_str().context("the folder's name is not UTF-8")?.to_owned()
    };

    let exec = options.connect().await?;
    let parts = exec.objects(from).await?;
    // What all keys begin with, up to a slash, is not repeated in the new names.
    let common = parts.iter().map(|part| part.key()).reduce(|a, b| common_prefix(a, b));
    let folder = common.unwrap_or_default().rfind('/').map_or(0, |slash| slash + 1);
    let copies: Vec<(ObjectPart, String)> = parts
        .into_iter()
        .map(|part| {
            let target = format!("{}/{}", to.trim_end_matches('/'), &part.key()[folder..]);
            (part, target)
        })
        .collect();
    let count = copies.len();
    let job = exec.map(copy, copies).retries(retries).submit()?;
    let bytes: u64 = job.results().await?.iter().sum();
    println!("{count} objects, {bytes} bytes");
    println!("{}", job.summary());
    Ok(())
}

async fn copy((part, target): (ObjectPart, String)) -> Result<u64, DataError> {
    let mut reader = part.reader()?;
    let mut writer = ObjectWriter::create(&target)?;
    while let Some(piece) = reader.try_next().await? {
        writer.send(piece).await?;
    }
    Ok(writer.close().await?.size)
}

fn common_prefix<'a>(a: &'a str, b: &str) -> &'a str {
    let same = a.char_indices().zip(b.chars()).find(|((_, a), b)| a != b);
    same.map_or(if a.len() <= b.len() { a } else { &a[..b.len()] }, |((at, _), _)| &a[..at])
}
