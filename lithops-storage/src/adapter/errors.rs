//! What an error of `object_store` means to us: the one place that knows.

use std::borrow::Cow;

use lithops_core::ports::{StorageError, StorageErrorKind};
use object_store::Error;

/// The request that an error is about.
pub(crate) struct Request<'a> {
    pub(crate) store: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) key: Cow<'a, str>,
}

impl Request<'_> {
    pub(crate) fn failed(&self, error: Error) -> StorageError {
        self.error(kind(&error), Some(Box::new(error)))
    }

    pub(crate) fn error(
        &self,
        kind: StorageErrorKind,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> StorageError {
        let Self { store, operation, key } = self;
        #[cfg(feature = "cloud")]
        let source = source.map(crate::cloud::without_signature);
        StorageError { kind, store, operation, key: key.to_string(), source }
    }

    pub(crate) fn into_owned(self) -> Request<'static> {
        Request { key: Cow::Owned(self.key.into_owned()), ..self }
    }
}

fn kind(error: &Error) -> StorageErrorKind {
    #[cfg(feature = "cloud")]
    if let Some(kind) = refine(error) {
        return kind;
    }
    match error {
        Error::NotFound { .. } => StorageErrorKind::NotFound,
        Error::AlreadyExists { .. } => StorageErrorKind::AlreadyExists,
        Error::InvalidPath { .. } => StorageErrorKind::InvalidKey,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => StorageErrorKind::Denied,
        Error::NotSupported { .. }
        | Error::NotImplemented { .. }
        | Error::UnknownConfigurationKey { .. } => StorageErrorKind::Unsupported,
        _ => StorageErrorKind::Unavailable,
    }
}

/// What a network store's answer tells beyond the error that `object_store` makes of it.
#[cfg(feature = "cloud")]
fn refine(error: &Error) -> Option<StorageErrorKind> {
    let answer = crate::cloud::Answer::of(error);
    match (answer.status?, answer.code.as_str()) {
        (_, "NoSuchBucket" | "ContainerNotFound") => Some(StorageErrorKind::NoPlace),
        // Somebody else is at work on the same key; who wins is not decided yet.
        (409, "ConditionalRequestConflict" | "OperationAborted" | "ContainerBeingDeleted") => {
            Some(StorageErrorKind::Unavailable)
        }
        (_, "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired") => {
            Some(StorageErrorKind::Denied)
        }
        (507, _) | (_, "QuotaExceeded" | "XMinioStorageFull") => Some(StorageErrorKind::Full),
        (_, "KeyTooLongError") => Some(StorageErrorKind::InvalidKey),
        (408 | 416 | 429, _) => None,
        // The same request will be refused again. 501 is told as 405.
        (400 | 402 | 405..=499, _) => match error {
            Error::Generic { .. } => Some(StorageErrorKind::Unsupported),
            _ => None,
        },
        (300..=399, _) => match error {
            // A redirection: the bucket is in another region.
            Error::Generic { .. } => Some(StorageErrorKind::NoPlace),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unexplained_error_is_worth_a_second_try() {
        let why = || "why".into();
        let path = || "a".to_owned();
        let cases = [
            (Error::NotFound { path: path(), source: why() }, StorageErrorKind::NotFound),
            (Error::AlreadyExists { path: path(), source: why() }, StorageErrorKind::AlreadyExists),
            (Error::PermissionDenied { path: path(), source: why() }, StorageErrorKind::Denied),
            (Error::Unauthenticated { path: path(), source: why() }, StorageErrorKind::Denied),
            (Error::NotSupported { source: why() }, StorageErrorKind::Unsupported),
            (Error::Generic { store: "s", source: why() }, StorageErrorKind::Unavailable),
        ];
        for (error, expected) in cases {
            let request = Request { store: "s", operation: "get", key: "a".into() };
            let error = request.failed(error);
            assert_eq!(error.kind, expected);
            assert_eq!(error.is_retryable(), expected == StorageErrorKind::Unavailable);
        }
    }

    #[test]
    fn an_error_reads_as_one_line_with_its_cause() {
        let request = Request { store: "memory", operation: "get", key: "a/b".into() };
        let error = request.failed(Error::NotSupported { source: "why".into() });
        let expected = "memory: get \"a/b\" failed: not possible here \
                        (Operation not supported: why)";
        assert_eq!(error.to_string(), expected);
    }
}
