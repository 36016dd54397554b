//! `lithops completions`: what a shell needs to complete command lines.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::output::print;
use crate::settings::{Settings, Useless};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops completions bash > ~/.local/share/bash-completion/completions/lithops
  lithops completions zsh > ~/.zfunc/_lithops")]
pub(crate) struct Completions {
    /// The shell that the script is for
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(arguments: &Completions, settings: &Settings) -> anyhow::Result<()> {
    settings.refuse(&["completions"], &Useless::ALL)?;
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "lithops", &mut script);
    print(&String::from_utf8_lossy(&script))
}
