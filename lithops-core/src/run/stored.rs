//! What a storage tells of a job that is to be taken up.

use std::path::PathBuf;

use super::Engine;
use super::storage;
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
}

impl Engine {
    /// Reads what the executor's storage has of a job, before it is taken up. Changes nothing, and reads
    /// each of the job's dispatches once, with the arguments in it.
    ///
    /// # Errors
    /// [`Error::Attach`] if the job is not there, or was sealed with another
    /// [key](super::DispatchKey); [`Error::Storage`].
    pub async fn stored_job(&self, job: &JobId) -> Result<StoredJob, Error> {
        let storage = &self.around().storage;
        let (head, program) = storage::look_up(job, storage.as_ref(), self.key()?).await?;
        Ok(StoredJob {
            job: head.job,
            function: head.function,
            calls: head.calls,
            result_type: head.result_type,
            program: Some(program).filter(|program| !program.is_empty()).map(PathBuf::from),
        })
    }
}
