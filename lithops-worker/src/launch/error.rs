//! Why a launcher does not become the program.

use std::io;
use std::path::PathBuf;

use lithops_core::ports::StorageError;

use super::ProgramDigest;
use super::order::{LAUNCH_STORAGE_VARIABLE, LAUNCH_VARIABLE};

const STATIC: &str = "build it static, so that it needs none: `RUSTFLAGS=-Ctarget-feature=+crt-static \
                      cargo build --target x86_64-unknown-linux-gnu`";

/// Why a launcher ends without having become its program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// A variable is missing or unreadable.
    #[error(
        "`{0}` can't be read: {LAUNCH_VARIABLE} is a program's SHA-256, {LAUNCH_STORAGE_VARIABLE} \
         a storage's location as text; use client and runtime of the same version of lithops"
    )]
    Order(&'static str),
    /// The storage has no such program.
    #[error(
        "program {program} is not in its storage ({source}): it was removed, or never uploaded; \
         start the client again, which uploads it"
    )]
    Missing {
        /// The program.
        program: ProgramDigest,
        /// What the storage says.
        source: StorageError,
    },
    /// The storage can't be used.
    #[error("the program can't be fetched: {0}")]
    Storage(#[from] StorageError),
    /// What the storage has is something else.
    #[error(
        "program {program} is damaged in its storage and was not run: {why}; delete the object \
         `{key}` and start the client again, which uploads it"
    )]
    Damaged {
        /// The program.
        program: ProgramDigest,
        /// What is wrong with it.
        why: String,
        /// Its key.
        key: String,
    },
    /// The program can't be kept.
    #[error("the program can't be written to {0}: {1}")]
    Unwritable(PathBuf, #[source] io::Error),
    /// The program is for other machines.
    #[error(
        "the program was built for {built}, and this runtime is {}: build it with \
         `--target {}-unknown-linux-gnu`, or choose a runtime of its architecture",
        std::env::consts::ARCH,
        std::env::consts::ARCH
    )]
    Architecture {
        /// What it was built for.
        built: String,
    },
    /// The program is no program.
    #[error("what was uploaded is no executable of Linux (ELF, 64 bits)")]
    NotExecutable,
    /// The runtime lacks the program's dynamic loader.
    #[error(
        "the program needs the loader {0}, which this runtime lacks: {STATIC}, or choose a \
             runtime with glibc"
    )]
    NoLoader(PathBuf),
    /// The kernel does not run the program.
    #[error("the kernel does not run {0}: {1}; if a library or the loader is missing, {STATIC}")]
    Refused(PathBuf, #[source] io::Error),
}

impl LaunchError {
    /// The exit code of a launcher that ends so.
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Order(_) => 110,
            Self::Missing { .. } => 111,
            Self::Storage(_) => 112,
            Self::Damaged { .. } => 113,
            Self::Unwritable(..) => 114,
            Self::Architecture { .. } => 115,
            Self::NotExecutable => 116,
            Self::NoLoader(_) => 117,
            Self::Refused(..) => 118,
        }
    }
}
