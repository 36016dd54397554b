//! What an image is made of.

use std::path::PathBuf;

use super::assembly::assemble;
use super::{Image, ImageError};
use crate::{Base, Program};

/// What an image holds: a worker program, or a launcher that fetches programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The program is the worker.
    #[default]
    Program,
    /// The program fetches others and runs them.
    Launcher,
}

/// What an image is made of.
#[derive(Clone, Debug)]
#[must_use = "an image is made by `build`"]
pub struct Recipe {
    pub(super) program: Program,
    pub(super) kind: Kind,
    pub(super) base: Option<Base>,
    pub(super) files: Vec<(PathBuf, PathBuf)>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) usual_libraries: bool,
}

impl Recipe {
    /// An image of `program`, with nothing below it.
    pub fn new(program: Program) -> Self {
        Self {
            program,
            kind: Kind::Program,
            base: None,
            files: Vec::new(),
            environment: Vec::new(),
            labels: Vec::new(),
            usual_libraries: false,
        }
    }

    /// Sets what the program is; else it is a [worker](Kind::Program).
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Lets the image stand on another one.
    pub fn base(mut self, base: Base) -> Self {
        self.base = Some(base);
        self
    }

    /// Puts in the libraries that dynamic programs usually need, for a [launcher](Kind::Launcher):
    /// the C library with its loader, `libm`, `libgcc_s`, `libpthread`, `libdl` and `librt`.
    ///
    /// They are those of the base, or of this machine where it lacks them. The image's
    /// [facts](Image::facts) name them and the version of glibc, so that [`check`](crate::check)
    /// tells which programs it runs. What a program needs beyond them can be added as a
    /// [`file`](Self::file), but `check` does not know of it.
    pub fn usual_libraries(mut self) -> Self {
        self.usual_libraries = true;
        self
    }

    /// Adds the file or folder `source` of this machine, at the absolute path `at`.
    ///
    /// Files become readable for all, and executable if their owner may execute them; folders are
    /// taken with all that is in them, links as links.
    pub fn file(mut self, source: impl Into<PathBuf>, at: impl Into<PathBuf>) -> Self {
        self.files.push((source.into(), at.into()));
        self
    }

    /// Sets a variable of the environment; the last one of a name counts, also against the base's.
    ///
    /// Whoever has the image can read it, so it is no place for secrets.
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Sets a label; those that begin with `dev.lithops.` are overwritten.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// Puts the image together, in memory.
    ///
    /// Costs two passes over the program, and one over the layers of a base.
    ///
    /// # Errors
    /// If a library is not found, a file can't be read, or the base does not fit.
    ///
    /// ```no_run
    /// use std::path::PathBuf;
    ///
    /// use lithops_runtime::{Base, Program, Recipe};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let program = Program::read("target/release/convert_images".as_ref())?;
    /// let image = Recipe::new(program)
    ///     .base(Base::Layout(PathBuf::from("debian-with-imagemagick")))
    ///     .file("models", "/opt/models")
    ///     .environment("RUST_LOG", "info")
    ///     .build()?;
    /// image.write_archive(std::fs::File::create("image.tar")?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn build(self) -> Result<Image, ImageError> {
        assemble(self)
    }
}
