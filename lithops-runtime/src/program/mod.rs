//! Executables: what will run in an image.

mod elf;
mod error;
mod needs;
mod strip;

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use oci_spec::image::Digest;

pub(crate) use elf::{Dynamic, Elf};
pub use error::ProgramError;
pub use needs::{Architecture, GlibcVersion, Needs, NotAVersion};

use crate::digest::sha256;

/// An ELF executable, read and understood: what will run in the image.
///
/// It is stripped as it is read: sections named `.debug_*` go, which make up three quarters of a
/// debug build. Symbols, the build id and the table of functions stay. Reading costs one pass over
/// the file and one hash of what is left.
#[derive(Clone)]
pub struct Program {
    name: String,
    path: PathBuf,
    needs: Needs,
    dynamic: Dynamic,
    stripped: Bytes,
    digest: Digest,
}

impl Program {
    /// Reads the program that is running, also if its file has been replaced since.
    ///
    /// # Errors
    /// [`ProgramError::NotElf`] on systems whose programs don't run in Linux containers.
    pub fn current() -> Result<Self, ProgramError> {
        let open = PathBuf::from("/proc/self/exe");
        let unread = |source| ProgramError::Read { path: open.clone(), source };
        let link = std::env::current_exe().map_err(unread)?;
        // The kernel marks the name of a file that was removed, as cargo does when it builds anew.
        let path = match link.to_str().and_then(|link| link.strip_suffix(" (deleted)")) {
            Some(path) => PathBuf::from(path),
            None => link,
        };
        let from = if cfg!(target_os = "linux") { open.clone() } else { path.clone() };
        let bytes = std::fs::read(from).map_err(unread)?;
        Self::of(path, bytes.into())
    }

    /// Reads the program in the file at `path`.
    ///
    /// # Errors
    /// If the file can't be read, or is no executable of 64 bits.
    pub fn read(path: &Path) -> Result<Self, ProgramError> {
        let unread = |source| ProgramError::Read { path: path.to_owned(), source };
        // Libraries may be searched for beside it, so the path has to be the whole one.
        let path = std::path::absolute(path).map_err(unread)?;
        let bytes = std::fs::read(&path).map_err(unread)?;
        Self::of(path, bytes.into())
    }

    fn of(path: PathBuf, found: Bytes) -> Result<Self, ProgramError> {
        let elf = Elf::read(&path, &found)?;
        if !elf.executable {
            return Err(ProgramError::NotExecutable { path });
        }
        let damaged = |source| ProgramError::Damaged { path: path.clone(), source };
        let stripped = strip::without_debug_sections(&found).map_err(damaged)?;
        let stripped = stripped.map_or(found, Bytes::from);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let digest = sha256(&stripped);
        Ok(Self { name, path, needs: elf.needs, dynamic: elf.dynamic, stripped, digest })
    }

    /// Returns the name of its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what it needs of the place that it runs in.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Returns the SHA-256 of its [stripped](Self::stripped) bytes.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Returns its bytes without `.debug_*` sections; those of a program that has none unchanged.
    ///
    /// What is loaded into memory is the same, byte by byte and at the same offsets.
    pub fn stripped(&self) -> &[u8] {
        &self.stripped
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.stripped.clone()
    }

    /// Where it was found.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn dynamic(&self) -> &Dynamic {
        &self.dynamic
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("path", &self.path)
            .field("needs", &self.needs)
            .field("digest", &self.digest.to_string())
            .finish_non_exhaustive()
    }
}
