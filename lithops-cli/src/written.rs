//! Files that commands write: whole or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Its owner alone may read it.
pub(crate) const OWNERS: u32 = 0o600;
/// All may who the user's mask lets.
pub(crate) const USUAL: u32 = 0o666;

/// How many links are followed to a file that is not there yet; the system's own limit.
const LINKS: usize = 40;

/// A symbolic link where the file is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// The file that it leads to is written.
    Followed,
    /// The link itself is replaced, unless it leads to a device or a pipe.
    Replaced,
}

/// A file that is being written.
#[derive(Debug)]
pub(crate) enum NewFile {
    /// It takes its place when it is whole; dropped before, it leaves nothing.
    Beside { file: NamedTempFile, place: PathBuf },
    /// A device or a pipe, which can't be replaced.
    Through(File),
}

impl NewFile {
    /// Begins a file, which gets this mode.
    pub(crate) fn begin(path: &Path, mode: u32, link: Link) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(there) if !there.is_file() => {
                return Ok(Self::Through(File::options().write(true).open(path)?));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        // Links below /dev are the system's, as /dev/stdout is.
        let place = match link {
            Link::Replaced if !path.starts_with("/dev") => path.to_owned(),
            _ => behind_links(path),
        };
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".lithops-").permissions(Permissions::from_mode(mode));
        let file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
        Ok(Self::Beside { file, place })
    }

    /// Puts the whole file into its place.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Beside { file, place } => {
                file.persist(place).map(drop).map_err(|error| error.error)
            }
            Self::Through(mut file) => file.flush(),
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Beside { file, .. } => file.write(bytes),
            Self::Through(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Beside { file, .. } => file.flush(),
            Self::Through(file) => file.flush(),
        }
    }
}

/// Writes a whole file.
pub(crate) fn whole(path: &Path, content: &[u8], mode: u32, link: Link) -> io::Result<()> {
    let mut file = NewFile::begin(path, mode, link)?;
    file.write_all(content)?;
    file.finish()
}

/// Where the file is, or is to be, that a path leads to.
fn behind_links(path: &Path) -> PathBuf {
    if let Ok(place) = path.canonicalize() {
        return place;
    }
    let mut place = path.to_owned();
    for _ in 0..LINKS {
        let Ok(next) = fs::read_link(&place) else { break };
        place = place.parent().unwrap_or(Path::new("")).join(next);
    }
    place
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_is_followed_or_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "old").unwrap();
        for (link, target) in [("link", "file"), ("to-link", "link"), ("to-none", "none")] {
            symlink(target, path(link)).unwrap();
        }
        whole(&path("to-link"), b"new", USUAL, Link::Followed).unwrap();
        whole(&path("to-none"), b"made", USUAL, Link::Followed).unwrap();
        assert_eq!(fs::read_to_string(path("file")).unwrap(), "new");
        assert_eq!(fs::read_to_string(path("none")).unwrap(), "made");
        assert!(path("to-link").is_symlink() && path("to-none").is_symlink());
        whole(&path("link"), b"secret", OWNERS, Link::Replaced).unwrap();
        assert_eq!(fs::read_to_string(path("file")).unwrap(), "new");
        let replaced = fs::symlink_metadata(path("link")).unwrap();
        assert!(replaced.is_file());
        assert_eq!(replaced.permissions().mode() & 0o777, OWNERS);
    }

    #[test]
    fn a_device_is_written_and_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        symlink("/dev/null", &link).unwrap();
        for how in [Link::Followed, Link::Replaced] {
            whole(&link, b"text", USUAL, how).unwrap();
            assert!(link.is_symlink() && !fs::metadata("/dev/null").unwrap().is_file());
        }
    }

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = NewFile::begin(&folder.path().join("file"), USUAL, Link::Followed).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
