//! Objects as inputs: found, divided, read and written.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cloud_objects;
mod exact;
mod finding;
mod formats;
mod packed;
#[cfg(feature = "storage-http")]
mod web;

use std::path::Path;

use lithops::prelude::*;

/// Threads: what crosses to a worker is the same as for processes.
fn on_threads<F: Future>(test: impl FnOnce(FunctionExecutor) -> F) -> F::Output {
    lithops::block_on(async {
        let exec = FunctionExecutor::builder();
        let exec = exec.backend("threads").workers(2).progress(false).build().await.unwrap();
        test(exec).await
    })
}

fn on_processes<F: Future>(folder: &Path, test: impl FnOnce(FunctionExecutor) -> F) -> F::Output {
    lithops::block_on(async {
        let exec = FunctionExecutor::builder().backend("processes").workers(2).progress(false);
        let exec = exec.storage("file").storage_root(folder.join("jobs")).build().await.unwrap();
        test(exec).await
    })
}

fn read_part(part: ObjectPart) -> Result<Vec<u8>, DataError> {
    Ok(part.bytes()?.to_vec())
}

fn read_records(part: ObjectPart) -> Result<Vec<Vec<u8>>, DataError> {
    part.records()?.collect()
}

fn text(lines: impl IntoIterator<Item = String>, end: &str) -> Vec<u8> {
    lines.into_iter().flat_map(|line| (line + end).into_bytes()).collect()
}
