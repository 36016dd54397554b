//! The root folder: where it is, and how empty folders go.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::staged;

#[derive(Debug)]
pub(super) struct Root {
    path: PathBuf,
    /// The lowest folder above the root that was there before us, and therefore stays.
    above: PathBuf,
}

impl Root {
    /// Makes `path` absolute, so that a process with another working folder finds it too.
    pub(super) fn resolve(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        for ancestor in path.ancestors() {
            let existing = match fs::canonicalize(ancestor) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                existing => existing?,
            };
            let missing = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
            if missing.as_os_str().is_empty() {
                let above = existing.parent().unwrap_or(&existing).to_owned();
                return Ok(Self { path: existing, above });
            }
            return Ok(Self { path: existing.join(missing), above: existing });
        }
        Err(ErrorKind::NotFound.into())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes `folders` and those above them as far as they are empty and came with our objects.
    ///
    /// A folder that can't be removed just stays: what the caller was asked for is done by then.
    ///
    /// Where the root is that of the file system, the folders are somebody's own: all stay.
    pub(super) fn prune(&self, mut folders: BTreeSet<&Path>) {
        if self.path.parent().is_none() {
            return;
        }
        // A folder sorts before those in it, so each is tried once, after all of them.
        while let Some(folder) = folders.pop_last() {
            let is_ours = folder != self.above && folder.starts_with(&self.above);
            if is_ours && is_removed(folder) {
                folders.extend(folder.parent());
            }
        }
    }
}

fn is_removed(folder: &Path) -> bool {
    match fs::remove_dir(folder).map_err(|error| error.kind()) {
        Ok(()) | Err(ErrorKind::NotFound) => true,
        Err(ErrorKind::DirectoryNotEmpty) => {
            staged::holds_abandoned_only(folder) && fs::remove_dir(folder).is_ok()
        }
        Err(_) => false,
    }
}
