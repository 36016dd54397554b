//! `lithops storage get`: from an object to a file.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use clap::error::ErrorKind;
use futures::StreamExt as _;
use lithops::FunctionExecutor;
use lithops_core::ports::ByteStream;
use serde_json::json;

use super::address::Address;
use super::progress::watched;
use crate::arguments::misused;
use crate::output::{print, write};
use crate::size;
use crate::written::{Link, NewFile, USUAL};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops storage get reports/2024.csv
  lithops storage get s3://bucket/reports/2024.csv -o report.csv
  lithops storage get reports/2024.csv -o - | head")]
pub(super) struct Get {
    /// The object: a key or a URI
    #[arg(value_name = "KEY|URI")]
    source: String,
    /// The file; `-` is standard output. It is the last part of the key if none is said
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON: an object with the address, the file and the size
    #[arg(long)]
    json: bool,
}

pub(super) async fn get(arguments: Get, exec: &FunctionExecutor) -> anyhow::Result<()> {
    if arguments.json && arguments.out.as_deref() == Some(Path::new("-")) {
        let told = "the object itself goes to standard output: name a file, or leave --json out";
        return Err(misused(&["storage", "get"], ErrorKind::ArgumentConflict, told).into());
    }
    let address = Address::of_object(&arguments.source, None, exec)?;
    let object = address.storage.get_stream(&address.key, None).await?;
    let body = watched(object.body, Some(object.meta.size));
    let out = arguments.out.unwrap_or_else(|| PathBuf::from(address.name()));
    if out == Path::new("-") {
        return each_piece(body, write).await;
    }
    let written = into_file(body, &out).await?;
    if arguments.json {
        let (address, file) = (address.told(&address.key), out.display().to_string());
        let told = json!({ "address": address, "file": file, "bytes": written });
        return print(&format!("{told}\n"));
    }
    print(&format!("wrote {} ({})\n", out.display(), size::shown(written)))
}

/// Writes the file whole or not at all; what is no file, such as a pipe, is written as it comes.
async fn into_file(body: ByteStream, out: &Path) -> anyhow::Result<u64> {
    let told = || format!("{} can't be written", out.display());
    let mut file = NewFile::begin(out, USUAL, Link::Followed).with_context(told)?;
    let mut written = 0;
    each_piece(body, |piece| {
        written += piece.len() as u64;
        file.write_all(piece).with_context(told)
    })
    .await?;
    file.finish().with_context(told)?;
    Ok(written)
}

async fn each_piece(
    mut body: ByteStream,
    mut each: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    while let Some(piece) = body.next().await {
        each(&piece?)?;
    }
    Ok(())
}
