//! The command `lithops`: what can be done by hand.
//!
//! It links the library, and so is the worker of its own jobs: started as one, it never reaches
//! `main`.

mod arguments;
mod clean;
mod completions;
mod config;
mod doctor;
#[cfg(feature = "emulator")]
mod emulator;
mod events;
mod failure;
mod hello;
mod interrupt;
mod job;
mod logs;
mod manual;
mod moment;
mod output;
mod runtime;
mod selftest;
mod settings;
mod size;
mod storage;
mod table;
mod written;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let Arguments { settings, command } = Arguments::parse();
    events::show(settings.debug);
    let done = match command {
        Command::Hello(hello) => lithops::block_on(hello::run(hello, &settings)),
        Command::Config(arguments) => lithops::block_on(config::run(arguments.command, &settings)),
        Command::Doctor(doctor) => lithops::block_on(doctor::run(&doctor, &settings)),
        Command::Test(test) => selftest::run(&test, &settings),
        Command::Clean(clean) => lithops::block_on(clean::run(clean, &settings)),
        Command::Storage(storage) => lithops::block_on(storage::run(storage, &settings)),
        Command::Runtime(runtime) => runtime::run(runtime.command, &settings),
        Command::Job(job) => job::run(job.command, &settings),
        Command::Logs(logs) => logs::run(&logs, &settings),
        #[cfg(feature = "emulator")]
        Command::Emulator(emulator) => emulator::run(emulator.options, &settings),
        Command::Completions(completions) => completions::run(&completions, &settings),
        Command::Man(manual) => manual::run(&manual, &settings),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
