//! `lithops storage`: objects by hand, in the configured storage and elsewhere.

mod address;
mod copy;
mod delete;
mod get;
mod list;
mod progress;
mod put;

use clap::{Args, Subcommand};

use crate::interrupt::unless_interrupted;
use crate::settings::{Settings, Useless, executor};

#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  lithops storage put report.csv reports/
  lithops storage list reports/

An address with :// is a URI, such as s3://bucket/key; one that begins with a slash or a dot is a file
or folder of this machine; any other is a key of the configured storage, as is storage://KEY."
)]
pub(crate) struct Storage {
    #[command(subcommand)]
    command: StorageCommand,
}

#[derive(Debug, Subcommand)]
enum StorageCommand {
    /// Store a file as an object
    Put(put::Put),
    /// Write an object into a file, or to standard output
    Get(get::Get),
    /// Show which objects there are
    List(list::List),
    /// Remove objects
    Delete(delete::Delete),
    /// Copy an object, between storages too
    Copy(copy::Copy),
}

/// Does what was said.
pub(crate) async fn run(arguments: Storage, settings: &Settings) -> anyhow::Result<()> {
    settings.refuse(&["storage"], &[Useless::Backend])?;
    // The backend is of no matter, and need not be set up: only the storage is.
    let builder = settings.builder()?.backend("processes").handle_signals(false);
    let exec = executor(builder).await?;
    unless_interrupted(async {
        match arguments.command {
            StorageCommand::Put(arguments) => put::put(arguments, &exec).await,
            StorageCommand::Get(arguments) => get::get(arguments, &exec).await,
            StorageCommand::List(arguments) => list::list(arguments, &exec).await,
            StorageCommand::Delete(arguments) => delete::delete(arguments, &exec).await,
            StorageCommand::Copy(arguments) => copy::copy(arguments, &exec).await,
        }
    })
    .await
}
