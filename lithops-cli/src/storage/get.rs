//! `lithops storage get`: from an object to a file.

use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use futures::StreamExt as _;
use lithops::FunctionExecutor;
use lithops_core::ports::ByteStream;

use super::address::Address;
use super::progress::watched;
use crate::output::{print, write};
use crate::size;

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
}

pub(super) async fn get(arguments: Get, exec: &FunctionExecutor) -> anyhow::Result<()> {
    let address = Address::of_object(&arguments.source, None, exec)?;
    let object = address.storage.get_stream(&address.key, None).await?;
    let body = watched(object.body, Some(object.meta.size));
    let out = arguments.out.unwrap_or_else(|| PathBuf::from(address.name()));
    if out == Path::new("-") {
        return each_piece(body, write).await;
    }
    let written = into_file(body, &out).await?;
    print(&format!("wrote {} ({})\n", out.display(), size::shown(written)))
}

/// Writes the file whole or not at all.
async fn into_file(body: ByteStream, out: &Path) -> anyhow::Result<u64> {
    let told = || format!("{} can't be written", out.display());
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    // As of a file that any program makes: what the user's mask leaves.
    builder.prefix(".lithops-get-").permissions(std::fs::Permissions::from_mode(0o666));
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new("."))).with_context(told)?;
    let mut written = 0;
    each_piece(body, |piece| {
        written += piece.len() as u64;
        file.write_all(piece).with_context(told)
    })
    .await?;
    file.persist(out).map_err(|error| error.error).with_context(told)?;
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
