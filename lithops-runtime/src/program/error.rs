//! Why a program can't be taken into an image.

use std::path::PathBuf;

/// Why a file can't be read as a program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// The file can't be read.
    #[error("the program {} can't be read: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no ELF file: a script, or a program of another system.
    #[error(
        "{} is no ELF executable, the only kind that runs in a Linux container; build one, for \
         example by `cargo zigbuild --target x86_64-unknown-linux-gnu.2.17`",
        path.display()
    )]
    NotElf {
        /// Which file.
        path: PathBuf,
    },
    /// It is an ELF file of 32 bits.
    #[error(
        "{} is a program of 32 bits, and workers have 64: build it for a target of 64 bits",
        path.display()
    )]
    ThirtyTwoBits {
        /// Which file.
        path: PathBuf,
    },
    /// It is an ELF file that can't be started: a library or an object file.
    #[error("{} is an ELF file that can't be started: a library or an object file", path.display())]
    NotExecutable {
        /// Which file.
        path: PathBuf,
    },
    /// It is dynamic, but nothing in it says where its parts are.
    #[error(
        "{} has no section headers, so its libraries can't be found: build it without `sstrip` or a \
         packer",
        path.display()
    )]
    NoSections {
        /// Which file.
        path: PathBuf,
    },
    /// Its headers contradict each other.
    #[error("{} is a damaged ELF file, build it again: {source}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: object::read::Error,
    },
}
