//! What can be wrong with data.

use crate::ports::{StorageError, StorageErrorKind};
use crate::wire::ValueError;

/// Why data can't be found, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A storage could not be asked for what has this name.
    #[error("`{uri}` can't be looked for: {source}")]
    Unasked {
        /// What was asked for.
        uri: String,
        /// Why.
        source: StorageError,
    },
    /// Nothing has this name.
    #[error(
        "nothing is at `{uri}`: no object has this key, and no key continues it as a folder's would"
    )]
    Nothing {
        /// What was asked for.
        uri: String,
    },
    /// Nothing matches a pattern.
    #[error("no object matches `{pattern}`")]
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// A pattern can't be understood.
    #[error("`{pattern}` is no pattern: {problem}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it, and where.
        problem: String,
    },
    /// An object is not the one that was planned with.
    #[error("`{key}` has changed since its parts were planned: plan them again")]
    Changed {
        /// Its key.
        key: String,
    },
    /// An object gave fewer bytes than it has.
    #[error("`{key}` ended after {found} bytes, {expected} were expected")]
    Short {
        /// Its key.
        key: String,
        /// How many bytes it has, as far as asked for.
        expected: u64,
        /// How many came.
        found: u64,
    },
    /// An object is not in the format that it was said to have.
    #[error("`{key}`, {place}: {problem}")]
    Malformed {
        /// Its key.
        key: String,
        /// Where: a byte of the unpacked object, as far as known.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// A format can't be taken as it was described.
    #[error("{0}")]
    Format(&'static str),
    /// An object is no whole count of records of fixed size.
    #[error("`{key}` has {size} bytes, which is no multiple of {record}, the size of its records")]
    UnevenRecords {
        /// Its key.
        key: String,
        /// Its size in bytes.
        size: u64,
        /// The size of its records.
        record: u64,
    },
    /// Workers can't reach what is to be read.
    #[error(
        "the workers of backend {backend} can't reach `{uri}`; put it into a storage that they can"
    )]
    OutOfReach {
        /// What was asked for.
        uri: String,
        /// The backend.
        backend: &'static str,
    },
    /// A value can't be encoded or decoded.
    #[error("the value can't be stored or read: {0}")]
    Value(ValueError),
    /// There is no storage to put a value into.
    #[error(
        "this worker has no storage: use one that workers can reach, such as `storage = \"file\"`"
    )]
    NoStorage,
}

impl DataError {
    /// Whether the same request may succeed if tried again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Storage(error) | Self::Unasked { source: error, .. } => error.is_retryable(),
            _ => false,
        }
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Storage(error) if error.kind == StorageErrorKind::NotFound)
    }
}

impl From<DataError> for std::io::Error {
    fn from(error: DataError) -> Self {
        let kind = match &error {
            DataError::Storage(StorageError { kind, .. })
            | DataError::Unasked { source: StorageError { kind, .. }, .. } => match kind {
                StorageErrorKind::NotFound | StorageErrorKind::NoPlace => {
                    std::io::ErrorKind::NotFound
                }
                StorageErrorKind::Denied => std::io::ErrorKind::PermissionDenied,
                StorageErrorKind::Full => std::io::ErrorKind::StorageFull,
                _ => std::io::ErrorKind::Other,
            },
            DataError::Short { .. } => std::io::ErrorKind::UnexpectedEof,
            DataError::Malformed { .. } => std::io::ErrorKind::InvalidData,
            _ => std::io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
