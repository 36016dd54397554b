//! What an error of the file system means to us, and where its calls may block.

use std::io::{self, ErrorKind};

use lithops_core::ports::{StorageError, StorageErrorKind};

use super::SCHEME;

/// Runs `work` where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    operation: &'static str,
    key: &str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StorageError> {
    let outcome = tokio::task::spawn_blocking(work).await;
    outcome.unwrap_or_else(|panic| Err(panic.into())).map_err(|error| failed(operation, key, error))
}

pub(super) fn failed(operation: &'static str, key: &str, source: io::Error) -> StorageError {
    error(kind(source.kind()), operation, key, source)
}

pub(super) fn outside(operation: &'static str, key: &str) -> StorageError {
    let key = key.to_owned();
    let kind = StorageErrorKind::InvalidRange;
    StorageError { kind, store: SCHEME, operation, key, source: None }
}

pub(super) fn changed(operation: &'static str, key: &str) -> StorageError {
    let source = "it was written in place while it was read";
    error(StorageErrorKind::Changed, operation, key, source)
}

pub(super) fn error(
    kind: StorageErrorKind,
    operation: &'static str,
    key: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StorageError {
    let source = Some(source.into());
    StorageError { kind, store: SCHEME, operation, key: key.to_owned(), source }
}

fn kind(kind: ErrorKind) -> StorageErrorKind {
    match kind {
        // Reading `a/b` where `a` is an object, or `a` where `a/b` is one.
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => {
            StorageErrorKind::NotFound
        }
        ErrorKind::AlreadyExists => StorageErrorKind::AlreadyExists,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StorageErrorKind::Denied,
        ErrorKind::InvalidFilename => StorageErrorKind::InvalidKey,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StorageErrorKind::Full,
        ErrorKind::Unsupported => StorageErrorKind::Unsupported,
        _ => StorageErrorKind::Unavailable,
    }
}
