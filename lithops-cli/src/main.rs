//! The command `lithops`: what can be done by hand.

mod arguments;
mod failure;
mod output;
mod runtime;
mod size;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Runtime(runtime) => runtime::run(runtime.command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
