//! Downloads many addresses into a bucket or folder, a bounded number at once.
//!
//! ```console
//! $ cargo run --release --features storage-http --example download -- --to target/downloads urls.txt
//! ```
//!
//! The file has one address a line; addresses can also be given themselves. Bytes go from the server
//! to the storage through the worker, which holds a few pieces of each; the client sees names only.
//! One address that fails stops no other.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::fs;

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use lithops::ObjectWriter;
use lithops::prelude::*;
use serde::{Deserialize, Serialize};

mod options;
use options::Options;

const USAGE: &str = "\
usage: download [--to TO] [--at-once N] WHAT..

  WHAT             addresses, and files with one address a line
  --to TO          the prefix or folder that they go to (default target/downloads)
  --at-once N      downloads of one worker at the same time (default 8)";

/// What all calls share.
#[derive(Debug, Serialize, Deserialize)]
struct Target {
    prefix: String,
    at_once: usize,
}

/// What became of one address.
type Outcome = (String, Result<u64, String>);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse(USAGE, &["--to", "--at-once"])?;
    let to: String = options.value("--to", "target/downloads".to_owned())?;
    let at_once: usize = options.value("--at-once", 8)?;
    ensure!(at_once > 0, "--at-once must be at least 1");
    let mut addresses = Vec::new();
    for what in &options.positional {
        if what.contains("://") {
            addresses.push(what.clone());
        } else {
            let list = fs::read_to_string(what).with_context(|| format!("cannot read {what}"))?;
            addresses
                .extend(list.lines().map(str::trim).filter(|l| !l.is_empty()).map(String::from));
        }
    }
    ensure!(!addresses.is_empty(), "{USAGE}");
    let prefix = if to.contains("://") {
        to
    } else {
        std::path::absolute(&to)?.to_str().context("the folder's name is not UTF-8")?.to_owned()
    };
    let target = Target { prefix: prefix.trim_end_matches('/').to_owned(), at_once };

    let exec = options.connect().await?;
    // A call has some more addresses than it fetches at once, so that a slow one holds up no other.
    let batches: Vec<Vec<String>> = addresses.chunks(4 * at_once).map(<[_]>::to_vec).collect();
    let job = exec.map_with(target, batches, download_all).submit()?;
    let outcomes: Vec<Outcome> = job.results().await?.concat();

    let mut bytes = 0;
    let mut failed = 0;
    for (address, outcome) in &outcomes {
        match outcome {
            Ok(size) => bytes += size,
            Err(reason) => {
                failed += 1;
                println!("not downloaded: {address}: {reason}");
            }
        }
    }
    println!("{} of {} addresses, {bytes} bytes", outcomes.len() - failed, outcomes.len());
    println!("{}", job.summary());
    ensure!(failed == 0, "{failed} addresses could not be downloaded");
    Ok(())
}

/// Downloads a batch; addresses that fail are told, in their place.
async fn download_all(target: &'static Target, addresses: Vec<String>) -> Vec<Outcome> {
    let download = |address: String| async move {
        let outcome = download(target, &address).await.map_err(|error| error.to_string());
        (address, outcome)
    };
    stream::iter(addresses).map(download).buffered(target.at_once).collect().await
}

async fn download(target: &Target, address: &str) -> Result<u64, DataError> {
    let object = StoredObject::find(address).await?;
    let mut reader = object.reader()?;
    let mut writer = ObjectWriter::create(&format!("{}/{}", target.prefix, name(address)))?;
    while let Some(piece) = reader.try_next().await? {
        writer.send(piece).await?;
    }
    Ok(writer.close().await?.size)
}

/// A name for what an address gives: its path, with everything that a key may not have replaced.
fn name(address: &str) -> String {
    let path = address.split_once("://").map_or(address, |(_, path)| path);
    let segments =
        path.split('/').filter(|segment| !segment.is_empty() && !segment.starts_with('.'));
    let kept = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let named = segments.map(|segment| segment.chars().map(kept).collect::<String>());
    named.collect::<Vec<_>>().join("/")
}
