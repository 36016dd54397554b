//! Where journals are, and how their files are named.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Ends of the names of a job's files.
pub(super) const CALLS: &str = ".jsonl";
pub(super) const LOGS: &str = ".logs";
pub(super) const CANCEL: &str = ".cancel";

/// The user's own folder of jobs, if the environment tells where state is kept.
pub(super) fn of_user() -> Option<PathBuf> {
    lithops_core::config::state_folder().map(|folder| folder.join("jobs"))
}

/// Makes the folder: nobody but its owner can look into it.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes a file that nobody but its owner can read; fails if it is there.
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)
}

/// The file of a job that ends so.
pub(super) fn path(folder: &Path, job: &str, end: &str) -> PathBuf {
    folder.join(format!("{job}{end}"))
}

/// Whether whoever writes this file lives: it has locked it for as long.
pub(super) fn is_locked(file: &File) -> io::Result<bool> {
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| false),
        Err(std::fs::TryLockError::WouldBlock) => Ok(true),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}
