//! Tells the journal of an executor's jobs.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lithops_core::api::JobSummary;
use lithops_core::ports::{JobObserver, JobWatch};

use super::{JournalError, clerk, folder};

/// Writes the journal of an executor's jobs: of those that live for a second or end with a failure.
///
/// A thread in the background writes, at most once a second. A journal that can't be written is told
/// once, as a warning, and does nothing to a job.
#[derive(Debug)]
pub struct JournalObserver {
    terms: Arc<Terms>,
}

/// Where an executor's jobs are written down.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) folder: PathBuf,
    /// The name of the storage that its jobs use.
    pub(super) storage: String,
    warned: AtomicBool,
}

impl JournalObserver {
    /// Writes to the user's own journal; `None` if the environment doesn't tell where that is.
    /// `storage` is the name of the storage that jobs use.
    pub fn of_user(storage: &str) -> Option<Self> {
        folder::of_user().map(|folder| Self::at(folder, storage))
    }

    /// Writes to the journal in this folder, which is made when it is needed.
    pub fn at(folder: impl Into<PathBuf>, storage: &str) -> Self {
        let (folder, storage) = (folder.into(), storage.to_owned());
        Self { terms: Arc::new(Terms { folder, storage, warned: AtomicBool::new(false) }) }
    }
}

impl JobObserver for JournalObserver {
    fn job_started(&self, watch: Arc<dyn JobWatch>) {
        clerk::begin(watch, &self.terms);
    }

    fn job_ended(&self, watch: &Arc<dyn JobWatch>, _: Option<&JobSummary>) {
        clerk::end(watch);
    }
}

impl Terms {
    /// Tells why the journal can't be written, the first time.
    pub(super) fn warn(&self, error: &JournalError) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "the journal of jobs can't be written");
        }
    }
}
