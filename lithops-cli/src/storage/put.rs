//! `lithops storage put`: from a file to an object.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use futures::{StreamExt as _, stream};
use lithops::{FunctionExecutor, StorageError, StorageErrorKind};
use lithops_core::ports::ByteStream;
use serde_json::json;

use super::address::Address;
use super::progress::watched;
use crate::output::print;
use crate::size;

/// How many bytes of a file are read at once.
const PIECE: usize = 1 << 20;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops storage put report.csv reports/2024.csv
  lithops storage put report.csv s3://bucket/reports/
  generate | lithops storage put - reports/today")]
pub(super) struct Put {
    /// The file; `-` is standard input
    file: PathBuf,
    /// Where to: a key or a URI. Behind a slash at its end the file's name is put
    #[arg(value_name = "KEY|URI")]
    target: String,
    /// Print JSON: an object with the address, the key and the size
    #[arg(long)]
    json: bool,
}

pub(super) async fn put(arguments: Put, exec: &FunctionExecutor) -> anyhow::Result<()> {
    let Put { file, target, json } = arguments;
    let (source, size) = open(&file)?;
    let name = file.file_name().and_then(|name| name.to_str()).filter(|_| file != Path::new("-"));
    let address = Address::of_object(&target, name, exec)?;
    let body = watched(pieces(source, file.display().to_string()), size);
    let stored = address.storage.put_stream(&address.key, body).await?;
    if json {
        let (told, key) = (address.told(&address.key), &address.key);
        return print(&format!("{}\n", json!({ "address": told, "key": key, "bytes": stored })));
    }
    print(&format!("stored {} ({})\n", address.told(&address.key), size::shown(stored)))
}

fn open(file: &Path) -> anyhow::Result<(Box<dyn Read + Send>, Option<u64>)> {
    if file == Path::new("-") {
        return Ok((Box::new(std::io::stdin()), None));
    }
    let told = || format!("{} can't be read", file.display());
    let opened = File::open(file).with_context(told)?;
    let metadata = opened.metadata().with_context(told)?;
    if metadata.is_dir() {
        bail!("{} is a folder: name a file in it", file.display());
    }
    Ok((Box::new(opened), metadata.is_file().then_some(metadata.len())))
}

/// What is read, piece by piece, on a thread that may wait for it.
fn pieces(source: Box<dyn Read + Send>, name: String) -> ByteStream {
    stream::try_unfold(source, move |mut source| {
        let failed = |name: String, error: Box<dyn std::error::Error + Send + Sync>| StorageError {
            kind: StorageErrorKind::Unavailable,
            store: "file",
            operation: "read",
            key: name,
            source: Some(error),
        };
        let name = name.clone();
        async move {
            let read = tokio::task::spawn_blocking(move || {
                let mut piece = Vec::with_capacity(PIECE);
                let read = source.by_ref().take(PIECE as u64).read_to_end(&mut piece);
                read.map(|_| (piece, source))
            });
            match read.await {
                Ok(Ok((piece, _))) if piece.is_empty() => Ok(None),
                Ok(Ok((piece, source))) => Ok(Some((piece.into(), source))),
                Ok(Err(error)) => Err(failed(name, error.into())),
                Err(_) => Err(failed(name, ErrorKind::Other.to_string().into())),
            }
        }
    })
    .boxed()
}
