//! Why a journal can't be read.

use std::path::PathBuf;

/// Why a journal, or a job in it, can't be read or asked to stop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Nobody tells where the user keeps state.
    #[error("there is no folder for the journal: set HOME or XDG_STATE_HOME")]
    NoFolder,
    /// No job has this name.
    #[error(
        "the journal has no job `{name}`; `lithops job list` shows those it has: jobs that ran for \
         less than a second without a failure leave nothing there"
    )]
    Unknown {
        /// The name as it was given.
        name: String,
    },
    /// Several jobs have names that begin so.
    #[error("`{name}` may be any of {}: say more of it", .jobs.join(", "))]
    Ambiguous {
        /// The name as it was given.
        name: String,
        /// The jobs it may be.
        jobs: Vec<String>,
    },
    /// A file could not be read or written.
    #[error("`{}`: {source}", .path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A line is not what this version writes.
    #[error("`{}`, line {line}: {source}; remove the file if it is of no use", .path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Which line of it, from 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The file has no first line that tells what the job is.
    #[error("`{}` does not begin as a job does; remove it if it is of no use", .path.display())]
    Headless {
        /// Which file.
        path: PathBuf,
    },
    /// The file is of a later version of the library.
    #[error(
        "`{}` has version {version} of the journal, this program reads up to {known}: use a newer one",
        .path.display()
    )]
    Version {
        /// Which file.
        path: PathBuf,
        /// Its version.
        version: u32,
        /// The latest that is known here.
        known: u32,
    },
    /// The job does not run any more.
    #[error("job {job} does not run: it has {state}")]
    NotRunning {
        /// The job.
        job: String,
        /// What has become of it.
        state: &'static str,
    },
}

impl JournalError {
    /// For `map_err`: what failed at which path.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        |source| Self::Io { path, source }
    }
}
