//! The files of one layer, and the tar file that they make.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use tar::{Builder, EntryType, Header};

use super::ImageError;
use crate::base::{Node, Tree};

/// What one layer adds, by its path without the first slash.
#[derive(Debug, Default)]
pub(super) struct Files {
    entries: BTreeMap<PathBuf, Entry>,
}

#[derive(Debug)]
enum Entry {
    Folder { mode: u32 },
    File { mode: u32, content: Bytes },
    Link(PathBuf),
}

impl Files {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn file(&mut self, at: impl AsRef<Path>, mode: u32, content: impl Into<Bytes>) {
        self.entries.insert(relative(at.as_ref()), Entry::File { mode, content: content.into() });
    }

    pub(super) fn folder(&mut self, at: impl AsRef<Path>, mode: u32) {
        self.entries.insert(relative(at.as_ref()), Entry::Folder { mode });
    }

    /// Adds a file or folder of this machine.
    pub(super) fn copy(&mut self, source: &Path, at: &Path) -> Result<(), ImageError> {
        let unread = |error| ImageError::Read { path: source.to_owned(), source: error };
        // What was named is followed if it is a link; what is inside of a folder is not.
        let kind = fs::metadata(source).map_err(unread)?;
        if kind.is_dir() { self.copy_folder(source, at) } else { self.copy_file(source, at, &kind) }
    }

    /// Adds a file of this machine with another mode than it has.
    pub(super) fn copy_as(
        &mut self,
        source: &Path,
        at: &Path,
        mode: u32,
    ) -> Result<(), ImageError> {
        let read = fs::read(source);
        let content =
            read.map_err(|error| ImageError::Read { path: source.into(), source: error })?;
        self.file(at, mode, content);
        Ok(())
    }

    fn copy_file(
        &mut self,
        source: &Path,
        at: &Path,
        kind: &fs::Metadata,
    ) -> Result<(), ImageError> {
        let unread = |error| ImageError::Read { path: source.to_owned(), source: error };
        if !kind.is_file() {
            return Err(unread(io::Error::other("it is neither a file nor a folder")));
        }
        let mode = if is_executable(kind) { 0o755 } else { 0o644 };
        self.file(at, mode, fs::read(source).map_err(unread)?);
        Ok(())
    }

    fn copy_folder(&mut self, source: &Path, at: &Path) -> Result<(), ImageError> {
        let unread = |error| ImageError::Read { path: source.to_owned(), source: error };
        self.folder(at, 0o755);
        for entry in fs::read_dir(source).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            let (inner, at) = (entry.path(), at.join(entry.file_name()));
            let unread = |error| ImageError::Read { path: inner.clone(), source: error };
            let kind = entry.metadata().map_err(unread)?;
            if kind.is_symlink() {
                let target = fs::read_link(&inner).map_err(unread)?;
                self.entries.insert(relative(&at), Entry::Link(target));
            } else if kind.is_dir() {
                self.copy_folder(&inner, &at)?;
            } else {
                self.copy_file(&inner, &at, &kind)?;
            }
        }
        Ok(())
    }

    /// Makes a tar file of it that goes on top of `below`.
    ///
    /// The same files give the same bytes: sorted by path, of root, from 1970. Folders that are
    /// below stay as they are, and where a link stands for one, files go to where it leads.
    pub(super) fn into_tar(self, below: &Tree) -> Result<Bytes, TarError> {
        let mut placed: BTreeMap<PathBuf, Entry> = BTreeMap::new();
        for (path, entry) in self.entries {
            let place = below.place(&path);
            let place = place.ok_or_else(|| TarError::Circle(Path::new("/").join(&path)))?;
            for folder in place.ancestors().skip(1).filter(|path| *path != Path::new("")) {
                match below.find(folder) {
                    Some(Node::Folder) => break,
                    Some(_) => return Err(TarError::NotAFolder(Path::new("/").join(folder))),
                    None => {}
                }
                placed.entry(folder.to_owned()).or_insert(Entry::Folder { mode: 0o755 });
            }
            let is_below = matches!(below.find(&place), Some(Node::Folder));
            if !(is_below && matches!(entry, Entry::Folder { .. })) {
                placed.insert(place, entry);
            }
        }
        let size: usize = placed.values().map(|entry| entry.size() + 1024).sum();
        let mut tar = Builder::new(Vec::with_capacity(size + 1024));
        for (path, entry) in &placed {
            entry.append(path, &mut tar)?;
        }
        Ok(tar.into_inner()?.into())
    }
}

/// Why files can't be made into a tar file.
#[derive(Debug)]
pub(super) enum TarError {
    Write(io::Error),
    /// Links of the base lead to each other.
    Circle(PathBuf),
    /// A file of the base is where a folder has to be.
    NotAFolder(PathBuf),
}

impl From<io::Error> for TarError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl Entry {
    fn size(&self) -> usize {
        if let Self::File { content, .. } = self { content.len() } else { 0 }
    }

    fn append(&self, path: &Path, tar: &mut Builder<Vec<u8>>) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(self.size() as u64);
        match self {
            Self::Folder { mode } => {
                header.set_entry_type(EntryType::Directory);
                header.set_mode(*mode);
                // The slash tells old tools that it is a folder.
                tar.append_data(&mut header, path.join(""), io::empty())
            }
            Self::File { mode, content } => {
                header.set_entry_type(EntryType::Regular);
                header.set_mode(*mode);
                tar.append_data(&mut header, path, &content[..])
            }
            Self::Link(target) => {
                header.set_entry_type(EntryType::Symlink);
                header.set_mode(0o777);
                tar.append_link(&mut header, path, target)
            }
        }
    }
}

fn relative(path: &Path) -> PathBuf {
    path.components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

fn is_executable(kind: &fs::Metadata) -> bool {
    kind.permissions().mode() & 0o100 != 0
}
