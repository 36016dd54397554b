//! The dynamic libraries of a program.

mod error;

use std::path::PathBuf;

pub use error::ClosureError;

use crate::Program;

/// A dynamic library that a program needs, by itself or through another one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Library {
    /// The name that it is asked for by.
    pub name: String,
    /// Its file on this machine, with no link in the path.
    pub path: PathBuf,
    /// Where its place is in an image, so that the loader finds it there without a cache.
    pub at: PathBuf,
}

/// Finds the dynamic libraries of `program` on this machine, as its loader would; the loader itself
/// comes first. A static program has none.
///
/// # Errors
/// If one can't be found or read.
pub fn closure(program: &Program) -> Result<Vec<Library>, ClosureError> {
    let _ = program;
    Ok(Vec::new())
}
