//! What the fuzz targets reach and users don't. Built with `--cfg fuzzing` alone.

use std::fs::File;

use crate::LaunchError;

/// Looks whether this machine can run the program.
///
/// # Errors
/// As when a launcher is about to become it.
pub fn check_program(file: &File) -> Result<(), LaunchError> {
    crate::launch::elf::check_file(file)
}
