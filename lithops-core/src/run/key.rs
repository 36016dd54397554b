//! The key by which clients of one user know their dispatches again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use crate::config::state_folder;
use crate::wire::SealKey;

/// Length of a key in bytes.
const KEY: usize = 32;

/// Where the key of an executor is, by which clients know their dispatches again.
///
/// A client that takes a job up runs only what was sealed with its own key: whoever can do no more than
/// write to the storage can't have it run anything.
#[derive(Clone, Debug, Default)]
pub struct DispatchKey {
    place: Place,
    key: Arc<OnceLock<SealKey>>,
}

#[derive(Clone, Debug, Default)]
enum Place {
    #[default]
    Process,
    File(PathBuf),
    /// As `File`, else as `Process`.
    Usual(PathBuf),
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes for a key: {0}")]
    NoChance(getrandom::Error),
    /// The file can't be read or made.
    #[error("the key in {} can't be read or made: {source}; set `key_file` to a file that can", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no key of {KEY} bytes in hexadecimal digits: remove it, or set `key_file` to another file", .path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// Others may read the file, or write it.
    #[error("{} is open to other users: run `chmod 600` on it, if no other has changed it", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
}

impl DispatchKey {
    /// A key that only this process has: no other takes its jobs up.
    pub fn of_process() -> Self {
        static OWN: OnceLock<Arc<OnceLock<SealKey>>> = OnceLock::new();
        Self { place: Place::Process, key: Arc::clone(OWN.get_or_init(Arc::default)) }
    }

    /// The key in the user's folder for state; that of this process, with a warning, where nothing can
    /// be written there.
    pub fn of_user() -> Self {
        let file = state_folder().map(|folder| folder.join("key"));
        file.map_or_else(Self::of_process, |path| Self {
            place: Place::Usual(path),
            key: Arc::default(),
        })
    }

    /// The key in this file, which is read when the first job goes through storage, and made if it is
    /// not there.
    pub fn in_file(path: impl Into<PathBuf>) -> Self {
        Self { place: Place::File(path.into()), key: Arc::default() }
    }

    pub(super) fn get(&self) -> Result<&SealKey, KeyError> {
        // Two threads may read the file at once: both find the same, or the first to keep its own wins.
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let key = match &self.place {
            Place::Process => SealKey::new(made()?),
            Place::File(path) => SealKey::new(read_or_make(path)?),
            Place::Usual(path) => match read_or_make(path) {
                Ok(key) => SealKey::new(key),
                Err(error @ KeyError::File { .. }) => {
                    tracing::warn!(%error, "no other process can take up this one's jobs");
                    Self::of_process().get()?.clone()
                }
                Err(error) => return Err(error),
            },
        };
        Ok(self.key.get_or_init(|| key))
    }
}

fn made() -> Result<[u8; KEY], KeyError> {
    let mut key = [0; KEY];
    getrandom::fill(&mut key).map_err(KeyError::NoChance)?;
    Ok(key)
}

fn read_or_make(path: &Path) -> Result<[u8; KEY], KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    match read(path) {
        Err(KeyError::File { source, .. }) if source.kind() == ErrorKind::NotFound => {
            make(path, &made()?).map_err(failed)?;
            // Of several processes that make it at once one has: its key counts.
            read(path)
        }
        read => read,
    }
}

fn read(path: &Path) -> Result<[u8; KEY], KeyError> {
    use std::os::unix::fs::MetadataExt;

    let path = || path.to_owned();
    let failed = |source| KeyError::File { path: path(), source };
    let file = File::open(path()).map_err(failed)?;
    if file.metadata().map_err(failed)?.mode() & 0o077 != 0 {
        return Err(KeyError::Open { path: path() });
    }
    let mut text = String::new();
    let longest = 2 * KEY as u64 + 2;
    match file.take(longest).read_to_string(&mut text) {
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            return Err(KeyError::NoKey { path: path() });
        }
        read => read.map_err(failed)?,
    };
    parse(text.trim_end()).ok_or_else(|| KeyError::NoKey { path: path() })
}

fn parse(text: &str) -> Option<[u8; KEY]> {
    let mut key = [0; KEY];
    if text.len() != 2 * KEY || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, place) in key.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(place..place + 2)?, 16).ok()?;
    }
    Some(key)
}

/// Makes the file whole or not at all: another process may read it at the same moment.
fn make(path: &Path, key: &[u8; KEY]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    // Of this attempt alone: what is linked must not be written to again.
    static ATTEMPT: AtomicU32 = AtomicU32::new(0);
    let attempt = ATTEMPT.fetch_add(1, Ordering::Relaxed);
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}-{attempt}", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        file.write_all(format!("{text}\n").as_bytes())?;
        file.sync_all()?;
        match fs::hard_link(&unfinished, path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    })();
    // What is left of it is no key of anybody's.
    fs::remove_file(&unfinished).ok();
    written
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/key");
        let first = DispatchKey::in_file(&path).get().unwrap().clone();
        assert_eq!(DispatchKey::in_file(&path).get().unwrap(), &first);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        let other = DispatchKey::in_file(folder.path().join("other"));
        assert_ne!(other.get().unwrap(), &first);
    }

    #[test]
    fn of_many_that_make_it_at_once_all_have_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let keys = std::thread::scope(|scope| {
            let make = || DispatchKey::in_file(&path).get().unwrap().clone();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn what_is_no_key_or_is_open_to_others_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for wrong in ["", "ab", &"x".repeat(64), &"a".repeat(65), "\u{fffd}"] {
            make_open(&path, wrong, 0o600);
            let error = DispatchKey::in_file(&path).get().unwrap_err();
            assert!(matches!(error, KeyError::NoKey { .. }), "{wrong}: {error}");
        }
        make_open(&path, &"a".repeat(64), 0o640);
        let error = DispatchKey::in_file(&path).get().unwrap_err();
        assert!(matches!(error, KeyError::Open { .. }), "{error}");
        let error = DispatchKey::in_file(folder.path()).get().unwrap_err();
        assert!(matches!(error, KeyError::File { .. } | KeyError::Open { .. }), "{error}");
    }

    fn make_open(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_executors_of_a_process_have_one_key_and_no_key_is_shown() {
        let (one, other) = (DispatchKey::of_process(), DispatchKey::of_process());
        assert_eq!(one.get().unwrap(), other.get().unwrap());
        assert!(!format!("{one:?}").contains("0x") && format!("{one:?}").contains("SealKey(..)"));
    }
}
