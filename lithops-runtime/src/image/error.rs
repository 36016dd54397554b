//! Why an image can't be put together.

use std::path::PathBuf;

use crate::{BaseError, ClosureError, Incompatible};

/// Why an image can't be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The libraries of the program can't be found.
    #[error(transparent)]
    Closure(#[from] ClosureError),
    /// The base image can't be used.
    #[error(transparent)]
    Base(#[from] BaseError),
    /// The program does not run on the base image.
    #[error("the program does not run on the base image: {0}")]
    Incompatible(#[from] Incompatible),
    /// A file that shall go into the image can't be read.
    #[error("{} can't be taken into the image: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A place in the image can't be one for a file.
    #[error("`{}` is no place for a file: {problem}", at.display())]
    Place {
        /// The place.
        at: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The name of a variable can't be one.
    #[error("`{name}` can't be the name of a variable: it is empty, or has `=` in it")]
    Variable {
        /// The name.
        name: String,
    },
    /// A layer can't be written as a tar file.
    #[error("the layer of {content} can't be written: {source}")]
    Layer {
        /// What it holds.
        content: super::Content,
        /// Why.
        source: std::io::Error,
    },
}
