//! The program of a generic runtime image: it fetches the user's program and becomes it.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A process that was told what to launch does not come past this line.
    lithops_worker::init();
    eprintln!(
        "lithops-worker fetches a program from storage and becomes it; executors start it. It needs \
         {} and {} in its environment",
        lithops_worker::LAUNCH_VARIABLE,
        lithops_worker::LAUNCH_STORAGE_VARIABLE,
    );
    ExitCode::from(2)
}
