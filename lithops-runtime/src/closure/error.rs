//! Why the libraries of a program can't be found.

use std::path::PathBuf;

use crate::ProgramError;

/// Why the dynamic libraries of a program can't be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClosureError {
    /// A library is in none of the places that the loader would look in.
    #[error(
        "`{name}`, which {needed_by} needs, is not on this machine for {architecture}; looked in {}. \
         Install it, link it statically (RUSTFLAGS=-Ctarget-feature=+crt-static), or use a base image \
         that has it",
        shown(looked_in)
    )]
    Missing {
        /// The library.
        name: String,
        /// Who needs it.
        needed_by: String,
        /// What it has to be built for.
        architecture: String,
        /// The folders that were looked in, in order.
        looked_in: Vec<PathBuf>,
    },
    /// It is not known where programs for a processor have their loader.
    #[error(
        "which libraries programs for {architecture} usually need is not known: leave the usual \
         libraries out, and link programs statically"
    )]
    NothingUsual {
        /// The processor.
        architecture: crate::Architecture,
    },
    /// A library was found and is no ELF file of 64 bits.
    #[error("the library `{name}` can't be used: {source}")]
    Unusable {
        /// The library.
        name: String,
        /// Why.
        source: ProgramError,
    },
    /// The list of folders with libraries can't be read.
    #[error("{}, by which libraries are found, can't be read: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn shown(folders: &[PathBuf]) -> String {
    let shown: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
    shown.join(", ")
}
