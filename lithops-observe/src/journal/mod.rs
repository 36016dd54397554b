//! The journal of a user's jobs: a file for each, which the client writes and other processes read.
//!
//! It stands in the user's folder for state, `lithops/jobs`, where nobody else can look. A job whose
//! client lives is a file with a lock on it: the kernel lets go of the lock when the process ends,
//! however it ends, so a job without a lock and without an end was lost with its client.

mod bounds;
mod clerk;
mod error;
mod file;
mod folder;
mod follow;
mod line;
mod list;
mod logs;
mod observer;

pub use clerk::finish;
pub use error::JournalError;
pub use follow::{Change, Follower};
pub use line::{LogLine, Omitted, Stream, Tick};
pub use list::{Entry, Jobs, State};
pub use logs::LogReader;
pub use observer::JournalObserver;

use std::path::{Path, PathBuf};

/// The journal in a folder, to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    folder: PathBuf,
}

impl Journal {
    /// The journal in this folder, which need not be there yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The user's own: `$XDG_STATE_HOME/lithops/jobs`, else `~/.local/state/lithops/jobs`.
    ///
    /// # Errors
    /// [`JournalError::NoFolder`] if neither variable tells where.
    pub fn of_user() -> Result<Self, JournalError> {
        folder::of_user().map(Self::at).ok_or(JournalError::NoFolder)
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
