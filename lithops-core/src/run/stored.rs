//! What a storage tells of a job that is to be taken up.

use std::path::PathBuf;

use super::{Engine, storage};
use crate::error::Error;
use crate::wire::{FunctionId, JobId};

/// A job as its clients have written it down in a storage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredJob {
    /// Its name.
    pub job: JobId,
    /// The function that it calls.
    pub function: FunctionId,
    /// How many calls it has.
    pub calls: u32,
    /// The type of its results, as the compiler of its client names it.
    pub result_type: String,
    /// The program that its workers ran when its newest dispatch was written, by its path on the
    /// machine of the client that wrote it; `None` where that could not be told.
    pub program: Option<PathBuf>,
    /// Whether that client is a process of this machine that still runs; one elsewhere can't be seen.
    pub client_lives: bool,
}

impl Engine {
    /// Reads what the executor's storage has of a job, before it is taken up; `None` if there is no such
    /// job. Changes nothing, and reads each of the job's dispatches once, with the arguments in it.
    ///
    /// # Errors
    /// [`Error::Attach`] if it was sealed with another [key](super::DispatchKey), or can't be read;
    /// [`Error::Storage`].
    pub async fn stored_job(&self, job: &JobId) -> Result<Option<StoredJob>, Error> {
        storage::look_up(job, self.around().storage.as_ref(), self.key()?).await
    }
}
