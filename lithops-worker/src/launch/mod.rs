//! Programs through storage: the client uploads one, a launcher fetches it and becomes it.
//!
//! So one generic image serves all programs, and a platform that keeps its image warm needs no
//! other for a program that has changed. Every program that links this crate can be the launcher.

mod cache;
mod digest;
pub(crate) mod elf;
mod error;
mod fetch;
mod order;
mod upload;

use std::convert::Infallible;
use std::os::unix::process::CommandExt;
use std::process::Command;

pub use digest::ProgramDigest;
pub use error::LaunchError;
pub use order::{LAUNCH_CACHE_VARIABLE, LAUNCH_STORAGE_VARIABLE, LAUNCH_VARIABLE, LaunchOrder};
pub(crate) use order::{Told, VARIABLES};
pub use upload::{UploadError, Uploaded, upload_program};

use cache::{Program, Staged};

/// Becomes the program that this process was told to launch, or says why not and ends.
pub(crate) fn serve(told: Told) -> ! {
    let error = match launch(told) {
        Ok(never) => match never {},
        Err(error) => error,
    };
    // Standard error is where a platform, or the parent, looks for the cause of an end.
    eprintln!("lithops launcher: {error}");
    std::process::exit(error.exit_code())
}

fn launch(told: Told) -> Result<Infallible, LaunchError> {
    let (order, folders) = (told.order()?, told.folders());
    let program = match cache::warm(&folders, &order.program) {
        Some(program) => program,
        None => {
            lithops_storage::install();
            let storage = lithops_storage::open(&order.storage)?;
            let mut staged = Staged::create(&folders)?;
            let fetched = fetch::fetch(storage.as_ref(), &order.program, &mut staged);
            crate::runtime::handle().block_on(fetched)?;
            staged.publish(&order.program)?
        }
    };
    become_program(program)
}

/// Goes on as the program, with the arguments and the environment of this process.
fn become_program(program: Program) -> Result<Infallible, LaunchError> {
    // The C library would give what the kernel refuses to a shell: it is looked at before.
    elf::check(&program.path)?;
    let error = Command::new(&program.path).args(std::env::args_os().skip(1)).exec();
    Err(LaunchError::Refused(program.path, error))
}
