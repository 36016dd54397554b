//! What can be said on the command line.

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

#[cfg(feature = "emulator")]
use crate::emulator::Emulator;
use crate::runtime::Runtime;

/// Runtime images of Lithops by hand, and a Code Engine on this machine.
#[derive(Debug, Parser)]
#[command(
    name = "lithops",
    version,
    arg_required_else_help = true,
    after_help = "Example: lithops runtime build target/release/words"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build, push, list and delete runtime images: what workers in containers are made of
    Runtime(Runtime),
    /// Run a local IBM Cloud Code Engine until Ctrl-C, and tell how to point a client at it
    #[cfg(feature = "emulator")]
    Emulator(Emulator),
}

/// The error of a command line that makes no sense for a command, such as `["runtime", "push"]`.
pub(crate) fn misused(command: &[&str], kind: ErrorKind, told: &str) -> clap::Error {
    let mut found = Arguments::command();
    // Without this a command does not know of those above it, which its usage begins with.
    found.build();
    for name in command {
        if let Some(below) = found.find_subcommand(name) {
            found = below.clone();
        }
    }
    found.error(kind, told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_contradict_nothing() {
        Arguments::command().debug_assert();
    }
}
