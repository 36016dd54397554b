//! `lithops emulator`.

use anyhow::Context as _;
use lithops_codeengine_emulator::command::{self, Options};

/// Runs the emulator until it is told to end.
pub(crate) fn run(options: Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("no threads can be started")?;
    Ok(runtime.block_on(command::run(options))?)
}
