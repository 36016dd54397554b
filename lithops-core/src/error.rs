//! Errors of a job as a whole, as opposed to those of one call.

use crate::plan::InputError;
use crate::ports::{ComputeError, StorageError};
use crate::wire::{CallError, ValueError};

/// A `Result` with this library's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<InputError> for Error {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Unencodable { index, source } => {
                Self::Argument { index: index as usize, cause: source }
            }
            InputError::TooMany => Self::TooManyCalls,
        }
    }
}

/// Why a verb gave no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A call has no value; the first one in input order.
    #[error("call {index} of job {job} ({function}): {cause}")]
    Call {
        /// The job.
        job: String,
        /// What it calls.
        function: String,
        /// The call's place.
        index: usize,
        /// Why it has no value.
        cause: CallError,
    },
    /// An argument can't be encoded; nothing was started.
    #[error("argument {index} can't be sent: {cause}")]
    Argument {
        /// The argument's place.
        index: usize,
        /// Why.
        cause: ValueError,
    },
    /// The value that all calls share can't be encoded; nothing was started.
    #[error("the shared value can't be sent: {0}")]
    Shared(ValueError),
    /// A job has more calls than can be numbered; nothing was started.
    #[error("a job can have at most {} calls", u32::MAX)]
    TooManyCalls,
    /// A parallel iterator was asked for more pieces than a client can keep track of.
    #[error(
        "{pieces} pieces are more than {most}: raise `with_max_len`, so that each has more items"
    )]
    TooManyPieces {
        /// How many were asked for.
        pieces: usize,
        /// The most that there may be.
        most: usize,
    },
    /// The backend can't do what an option asks for; nothing was started.
    #[error("backend {backend} has no {what}; {hint}")]
    Unsupported {
        /// The backend.
        backend: &'static str,
        /// What was asked for.
        what: &'static str,
        /// What to do instead.
        hint: &'static str,
    },
    /// A result has another type than the caller expects.
    #[error("the job's results are `{found}`, not `{expected}`")]
    ResultType {
        /// What the caller wants.
        expected: String,
        /// What the job gives.
        found: String,
    },
    /// A saved job can't be taken up.
    #[error("job {job} can't be taken up: {reason}")]
    Attach {
        /// The job.
        job: String,
        /// Why not.
        reason: String,
    },
    /// The executor has been shut down.
    #[error("the executor has been shut down")]
    Closed,
    /// The settings are wrong.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// Data can't be found or read.
    #[error(transparent)]
    Data(#[from] crate::data::DataError),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The backend failed.
    #[error(transparent)]
    Compute(#[from] ComputeError),
    /// There is no key to seal what goes through storage with.
    #[error(transparent)]
    Key(#[from] crate::run::KeyError),
}
