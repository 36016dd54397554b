//! What can be said on the command line.

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::clean::Clean;
use crate::completions::Completions;
use crate::config::ConfigArguments;
use crate::doctor::Doctor;
#[cfg(feature = "emulator")]
use crate::emulator::Emulator;
use crate::hello::Hello;
use crate::job::Job;
use crate::logs::Logs;
use crate::manual::Manual;
use crate::runtime::Runtime;
use crate::selftest::Test;
use crate::settings::Settings;
use crate::storage::Storage;

const AFTER: &str = "\
Examples:
  lithops hello --map 8
  lithops runtime build target/release/words

The process ends with 0 when all was done, 1 when something failed, 2 when the command line makes
no sense, 3 when a setting can't be used, and by the signal itself (130 to a shell) on Ctrl-C.";

/// Rust functions on many inputs in parallel: what is done by hand.
#[derive(Debug, Parser)]
#[command(
    name = "lithops",
    version,
    arg_required_else_help = true,
    after_help = AFTER
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Call a function on the configured backend, and tell where it ran
    Hello(Hello),
    /// Show the settings and where each is from, check them, or take them over from Python
    Config(ConfigArguments),
    /// Look for what would keep jobs from running, and tell how to mend it
    Doctor(Doctor),
    /// Run the cases that every backend and storage has to pass, on those that are configured
    Test(Test),
    /// Tell what dead clients have left behind, and remove it
    Clean(Clean),
    /// Put, get, list, delete and copy objects
    Storage(Storage),
    /// Look at jobs of this user's programs, stop them, and make reports of them
    Job(Job),
    /// Print what the calls of a job have written
    Logs(Logs),
    /// Build, push, list, delete and deploy runtimes: what workers in containers are made of
    Runtime(Runtime),
    /// Run a local IBM Cloud Code Engine until Ctrl-C, and tell how to point a client at it
    #[cfg(feature = "emulator")]
    Emulator(Emulator),
    /// Print the script by which a shell completes command lines
    Completions(Completions),
    /// Print the manual, or write its pages
    Man(Manual),
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
