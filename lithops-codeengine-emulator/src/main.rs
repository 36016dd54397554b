//! The emulator as a program.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser;
use lithops_codeengine_emulator::command::{self, Options};

/// A local IBM Cloud Code Engine: its API over processes or containers of this machine.
#[derive(Debug, Parser)]
#[command(name = "lithops-codeengine-emulator", version)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

#[tokio::main]
async fn main() -> ExitCode {
    match command::run(Arguments::parse().options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nowhere else to say that it can't be said.
            writeln!(io::stderr(), "error: {error}").ok();
            ExitCode::FAILURE
        }
    }
}
