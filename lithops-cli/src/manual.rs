//! `lithops man`: the manual's pages.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_mangen::Man;

use crate::arguments::Arguments;
use crate::output::print;
use crate::settings::{Settings, Useless};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops man | man -l -
  lithops man --out ~/.local/share/man/man1")]
pub(crate) struct Manual {
    /// Write a page for each command into this folder, instead of printing the first
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Prints the page of the command itself, or writes all.
pub(crate) fn run(arguments: &Manual, settings: &Settings) -> anyhow::Result<()> {
    settings.refuse(&["man"], &Useless::ALL)?;
    let mut command = Arguments::command();
    command.build();
    match &arguments.out {
        None => print(&page(&command)?),
        Some(folder) => write(&command, folder),
    }
}

fn page(command: &clap::Command) -> anyhow::Result<String> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page).context("the page can't be put together")?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn write(command: &clap::Command, folder: &Path) -> anyhow::Result<()> {
    let told = |path: &Path| format!("{} can't be written", path.display());
    std::fs::create_dir_all(folder).with_context(|| told(folder))?;
    let mut written = String::new();
    for command in with_those_below(command) {
        // `lithops runtime push` has the page `lithops-runtime-push`.
        let name = command.get_display_name().unwrap_or(command.get_name()).replace(' ', "-");
        let path = folder.join(format!("{name}.1"));
        std::fs::write(&path, page(command)?).with_context(|| told(&path))?;
        written = format!("{written}{}\n", path.display());
    }
    print(&written)
}

/// A command and all below it, but for those that only explain others.
fn with_those_below(command: &clap::Command) -> Vec<&clap::Command> {
    let below = command.get_subcommands().filter(|below| below.get_name() != "help");
    std::iter::once(command).chain(below.flat_map(with_those_below)).collect()
}
