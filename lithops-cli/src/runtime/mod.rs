//! `lithops runtime`: the images that workers in containers are made of.

mod build;
mod contents;
mod delete;
mod launcher;
mod list;
mod listed;
mod push;

use anyhow::Context as _;

use crate::arguments::RuntimeCommand;

/// Does what was said.
pub(crate) fn run(command: RuntimeCommand) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("the process can't wait for answers")?;
    runtime.block_on(async {
        match command {
            RuntimeCommand::Build(arguments) => build::build(arguments).await,
            RuntimeCommand::Push(arguments) => push::push(arguments).await,
            RuntimeCommand::List(arguments) => list::list(arguments).await,
            RuntimeCommand::Delete(arguments) => delete::delete(arguments).await,
        }
    })
}
