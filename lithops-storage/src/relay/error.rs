//! What goes wrong between worker and client, as both sides tell it.

use std::io;
use std::path::PathBuf;

use lithops_core::ports::{StorageError, StorageErrorKind, StorageLocation};
use lithops_core::wire::FrameError;

use super::{AT_ONCE, OPENING, SILENCE};

/// The name in errors that come from the way itself and not from a storage.
const STORE: &str = "relay";

/// Why the client gave up a connection of a worker.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The worker sends what is no message.
    #[error("what a worker says about storages can't be understood: {0}")]
    Frame(#[from] FrameError),
    /// The worker sends a message where none or another one belongs.
    #[error("a worker spoke about storages out of turn")]
    OutOfTurn,
    /// The worker does not say which storage it wants.
    #[error("a worker has not named its storage within {} s", OPENING.as_secs())]
    Late,
    /// The socket failed.
    #[error("the socket to a worker failed: {0}")]
    Io(#[from] io::Error),
}

/// Why a worker has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum LostError {
    #[error("the client can't be reached at {0}: {1}")]
    Connect(PathBuf, #[source] io::Error),
    #[error("the client hung up before its answer was whole")]
    HungUp,
    #[error("the client gave no sign of life for {} s", SILENCE.as_secs())]
    Silent,
    #[error("the socket to the client failed: {0}")]
    Io(#[from] io::Error),
    #[error("what the client says can't be understood: {0}")]
    Frame(#[from] FrameError),
    #[error("the client answered something else than what it was asked")]
    OutOfTurn,
    #[error("nobody can know whether the object was created: {0}")]
    Created(#[source] Box<LostError>),
    #[error("this process can't open a connection: {0}")]
    Runtime(#[source] io::Error),
}

impl LostError {
    /// The error of the request that has no answer.
    pub(super) fn of(self, operation: &'static str, key: &str) -> StorageError {
        let kind = match &self {
            Self::Frame(_) | Self::OutOfTurn => StorageErrorKind::Unsupported,
            _ => StorageErrorKind::Unavailable,
        };
        let source = Some(self.into());
        StorageError { kind, store: STORE, operation, key: key.to_owned(), source }
    }
}

/// The error of a storage that the client keeps to itself.
pub(super) fn not_lent(location: &StorageLocation) -> StorageError {
    StorageError {
        kind: StorageErrorKind::Denied,
        store: STORE,
        operation: "open",
        key: place(location),
        source: Some(
            "the client has not lent this storage to its workers: lend it, or give the worker a \
             network and credentials of its own"
                .into(),
        ),
    }
}

/// The error of a client that gives no addresses away.
pub(super) fn no_address(key: &str) -> StorageError {
    StorageError {
        kind: StorageErrorKind::Denied,
        store: STORE,
        operation: "presign",
        key: key.to_owned(),
        source: Some(
            "the client signs no addresses for its workers, since whoever learns one needs no other \
             credential: sign it at the client and pass it on, or give the worker credentials of \
             its own"
                .into(),
        ),
    }
}

/// The error of an object that is too large to be created through the client.
pub(super) fn too_large(key: &str, size: usize) -> StorageError {
    StorageError {
        kind: StorageErrorKind::Unsupported,
        store: STORE,
        operation: "put",
        key: key.to_owned(),
        source: Some(
            format!(
                "an object of {size} bytes can't be created through the client, which takes {} MiB \
                 at once: overwrite it, which may be any size, or create smaller ones",
                AT_ONCE >> 20
            )
            .into(),
        ),
    }
}

/// The error of a client that speaks another protocol.
pub(super) fn other_protocol(location: &StorageLocation, theirs: u32, ours: u32) -> StorageError {
    StorageError {
        kind: StorageErrorKind::Unsupported,
        store: STORE,
        operation: "open",
        key: place(location),
        source: Some(
            format!(
                "the worker speaks protocol {theirs}, the client {ours}: build both from the same \
                 version of lithops"
            )
            .into(),
        ),
    }
}

/// A location as a user can read it.
pub(super) fn place(location: &StorageLocation) -> String {
    let mut text = location.scheme.clone();
    for (name, value) in &location.settings {
        text.push_str(&format!(" {name}={value}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storage_that_is_not_lent_is_named() {
        let settings = [("root", "/data"), ("x", "1")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let location = StorageLocation { scheme: "file".to_owned(), settings: settings.into() };
        let error = not_lent(&location);
        assert_eq!(error.kind, StorageErrorKind::Denied);
        assert!(error.to_string().contains("file root=/data x=1"), "{error}");
    }

    #[test]
    fn what_may_pass_is_retryable_and_what_is_not_understood_is_not() {
        assert!(LostError::HungUp.of("get", "a").is_retryable());
        assert!(LostError::Silent.of("get", "a").is_retryable());
        assert!(!LostError::OutOfTurn.of("get", "a").is_retryable());
        assert!(!LostError::Frame(FrameError::Body).of("get", "a").is_retryable());
    }
}
