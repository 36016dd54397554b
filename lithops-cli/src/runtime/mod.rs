//! `lithops runtime`: the images that workers in containers are made of.

mod build;
mod contents;
mod delete;
mod deploy;
mod launcher;
mod list;
mod listed;
mod push;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use build::Build;
use delete::Delete;
use deploy::Deploy;
use list::List;
use push::Push;

use crate::settings::{Settings, Useless};

#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Example: lithops runtime push target/release/words registry.example.com/me/words"
)]
pub(crate) struct Runtime {
    #[command(subcommand)]
    pub(crate) command: RuntimeCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RuntimeCommand {
    /// Make the image of a program and load it into the container engine
    Build(Build),
    /// Send an image to a registry: that of a program, or one that the engine has
    Push(Push),
    /// Show the images of Lithops in the engine, or in a repository of a registry
    List(List),
    /// Remove images of Lithops from the engine, or from a registry
    Delete(Delete),
    /// Make sure that the configured backend can start workers: its image is there, and what else it needs
    Deploy(Deploy),
}

/// Does what was said.
pub(crate) fn run(command: RuntimeCommand, settings: &Settings) -> anyhow::Result<()> {
    let useless: &[Useless] = match command {
        RuntimeCommand::Deploy(_) => &[],
        _ => &[Useless::Storage],
    };
    settings.refuse(&["runtime"], useless)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("the process can't wait for answers")?;
    runtime.block_on(async {
        match command {
            RuntimeCommand::Build(arguments) => build::build(arguments, settings).await,
            RuntimeCommand::Push(arguments) => push::push(arguments, settings).await,
            RuntimeCommand::List(arguments) => list::list(arguments, settings).await,
            RuntimeCommand::Delete(arguments) => delete::delete(arguments, settings).await,
            RuntimeCommand::Deploy(arguments) => deploy::deploy(arguments, settings).await,
        }
    })
}
