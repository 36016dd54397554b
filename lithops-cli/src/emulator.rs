//! `lithops emulator`.

use anyhow::Context as _;
use clap::Args;
use lithops_codeengine_emulator::command::{self, Options};

use crate::settings::{Settings, Useless};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops emulator --program target/release/words
  lithops emulator --instances container --network host")]
pub(crate) struct Emulator {
    #[command(flatten)]
    pub(crate) options: Options,
}

/// Runs the emulator until it is told to end.
pub(crate) fn run(options: Options, settings: &Settings) -> anyhow::Result<()> {
    settings.refuse(&["emulator"], &Useless::ALL)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("no threads can be started")?;
    Ok(runtime.block_on(command::run(options))?)
}
