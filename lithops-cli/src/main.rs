//! The command `lithops`: what can be done by hand.

mod arguments;
#[cfg(feature = "emulator")]
mod emulator;
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
        #[cfg(feature = "emulator")]
        Command::Emulator(emulator) => emulator::run(emulator.options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
