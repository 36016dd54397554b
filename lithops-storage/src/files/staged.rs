//! Files being written, under names that no key has, until they are whole.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use lithops_core::ports::PutMode;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::root::Root;

const NAME: &str = ".lithops-partial-";

/// How often the removal of an empty folder may come between its making and the first file in it.
const ATTEMPTS: usize = 100;

/// A file that no reader sees yet; dropped unpublished, it leaves nothing behind.
///
/// Its writer holds a lock on it, which the system lets go when the writer dies, however it dies.
/// That is how an abandoned file is told from a slow one.
#[derive(Debug)]
pub(super) struct Staged {
    file: File,
    path: PathBuf,
    root: Arc<Root>,
    published: bool,
}

impl Staged {
    /// Makes an empty file beside `destination`, and the folders that it lies in.
    pub(super) fn create(root: &Arc<Root>, destination: &Path) -> io::Result<Self> {
        let folder = destination.parent().unwrap_or(root.path());
        for _ in 0..ATTEMPTS {
            let path = folder.join(format!("{NAME}{:016x}", rand::random::<u64>()));
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            match file {
                Ok(file) if is_kept(&file)? => {
                    let root = Arc::clone(root);
                    return Ok(Self { file, path, root, published: false });
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) if error.kind() == ErrorKind::NotFound => make_folder(folder)?,
                Err(error) if error.kind() == ErrorKind::NotADirectory => return Err(shadowed()),
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(ErrorKind::ResourceBusy, "the folder keeps being removed"))
    }

    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    pub(super) fn append(mut self, chunks: Vec<Bytes>) -> io::Result<Self> {
        chunks.iter().try_for_each(|chunk| self.file.write_all(chunk))?;
        Ok(self)
    }

    /// Lets readers see the file at `destination`.
    pub(super) fn publish(mut self, destination: &Path, mode: PutMode) -> io::Result<()> {
        let outcome = match mode {
            PutMode::Overwrite => fs::rename(&self.path, destination),
            // Unlike a rename, a link never replaces.
            PutMode::Create => fs::hard_link(&self.path, destination).map(|()| {
                // The object is there, so a second name that stays is no failure of the request.
                fs::remove_file(&self.path).ok();
            }),
        };
        match outcome {
            Ok(()) => {
                self.published = true;
                Ok(())
            }
            Err(_) if destination.is_dir() => Err(shadowed()),
            // The file was there a moment ago, so the error is not about the key.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(io::Error::new(ErrorKind::ResourceBusy, error))
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if self.published {
            return;
        }
        // A failure leaves the file to whoever empties the folder.
        if fs::remove_file(&self.path).is_ok() {
            self.root.prune(self.path.parent().into_iter().collect());
        }
    }
}

/// Whether `path` has a name that only unfinished writes have.
pub(super) fn is_staged(path: &Path) -> bool {
    path.file_name().is_some_and(is_staged_name)
}

pub(super) fn is_staged_name(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(NAME.as_bytes())
}

/// Removes files whose writers died; whether nothing else was in `folder`.
pub(super) fn holds_abandoned_only(folder: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(folder) else { return false };
    entries.all(|entry| entry.is_ok_and(|entry| is_abandoned_and_removed(&entry.path())))
}

fn is_abandoned_and_removed(path: &Path) -> bool {
    if !is_staged(path) {
        return false;
    }
    match File::open(path) {
        Ok(file) => lock(&file).is_ok() && fs::remove_file(path).is_ok(),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

/// Locks a new file; false if it was taken for an abandoned one before that.
fn is_kept(file: &File) -> io::Result<bool> {
    match lock(file) {
        Err(Errno::WOULDBLOCK) => Ok(false),
        // Where there are no locks, nothing is ever taken for abandoned.
        _ => Ok(file.metadata()?.nlink() > 0),
    }
}

fn lock(file: &File) -> Result<(), Errno> {
    flock(file, FlockOperation::NonBlockingLockExclusive)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().recursive(true).mode(0o700).create(folder) {
        // Folders came or went meanwhile: the next attempt sees what is there now.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) => {
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => Err(shadowed()),
        outcome => outcome,
    }
}

fn shadowed() -> io::Error {
    let reason = "the key is the folder of another object, or lies below one";
    io::Error::new(ErrorKind::InvalidFilename, reason)
}
