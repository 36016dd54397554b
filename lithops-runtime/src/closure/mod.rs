//! The dynamic libraries of a program.

mod cache;
mod candidates;
mod configuration;
mod error;
mod places;
mod usual;
mod walk;

use std::collections::BTreeSet;
use std::path::PathBuf;

pub use error::ClosureError;
pub(crate) use places::default_folders;

use crate::{GlibcVersion, Needs, Program};
use places::Places;
pub(crate) use usual::Usual;

/// A dynamic library that a program needs, by itself or through another one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Library {
    /// The name that it is asked for by.
    pub name: String,
    /// Its file on this machine, with no link in the path.
    pub path: PathBuf,
    /// Its place in an image, where the loader finds it without a cache.
    pub at: PathBuf,
    /// What it needs itself.
    pub needs: Needs,
}

/// Finds the dynamic libraries of `program` on this machine, the loader itself first; a static
/// program has none.
///
/// They are searched for as the loader does: by `DT_RPATH`, `LD_LIBRARY_PATH`, `DT_RUNPATH`,
/// `/etc/ld.so.cache` and the default folders, and those that libraries need in turn. Variants for
/// some processors only (`glibc-hwcaps`) are passed over, because the image may run on another one.
/// What a program opens by itself while it runs (`dlopen`) is not found; it can be added as a file.
///
/// # Errors
/// [`ClosureError::Missing`] if one is not there.
///
/// ```
/// use lithops_runtime::{Program, closure};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let program = Program::current()?;
/// let libraries = closure(&program)?;
/// for name in &program.needs().libraries {
///     assert!(libraries.iter().any(|library| library.name == *name));
/// }
/// # Ok(())
/// # }
/// ```
pub fn closure(program: &Program) -> Result<Vec<Library>, ClosureError> {
    Ok(Closure::of(program, &Usual::default(), &Provided::default())?.libraries)
}

/// What a program needs beyond what is provided.
#[derive(Default)]
pub(crate) struct Closure {
    pub(crate) libraries: Vec<Library>,
    /// The version of the glibc that is among the libraries.
    pub(crate) glibc: Option<GlibcVersion>,
}

/// The libraries that need not be brought along.
#[derive(Default)]
pub(crate) struct Provided {
    /// By name, the loader as well.
    pub(crate) names: BTreeSet<String>,
    /// Where others have to go, so that the loader finds them.
    pub(crate) home: Option<PathBuf>,
}

/// Whether a loader is a library itself, so that it finds it without looking: musl's is its C
/// library too.
pub(crate) fn is_loader_itself(loader: &str, library: &str) -> bool {
    let musl = loader.starts_with("ld-musl-");
    loader == library || (musl && (library == "libc.so" || library.starts_with("libc.musl-")))
}

impl Closure {
    pub(crate) fn of(
        program: &Program,
        usual: &Usual,
        provided: &Provided,
    ) -> Result<Self, ClosureError> {
        if program.needs().is_static() && usual.libraries.is_empty() {
            return Ok(Self::default());
        }
        let places = Places::of_this_machine(&program.needs().architecture)?;
        walk::walk(program, usual, provided, &places)
    }
}
