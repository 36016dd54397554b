//! What an error of rusoto means to Lithops: the one place that knows.

use std::error::Error;

use lithops_core::ports::{StorageError, StorageErrorKind};
use rusoto_core::RusotoError;

use crate::SCHEME;
use crate::keys::is_valid;

/// The request that an error is about.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    operation: &'static str,
    key: String,
}

impl Request {
    /// # Errors
    /// [`StorageErrorKind::InvalidKey`] if the key is none.
    pub(crate) fn of_key(operation: &'static str, key: &str) -> Result<Self, StorageError> {
        let request = Self::new(operation, key);
        if is_valid(key) { Ok(request) } else { Err(request.error(StorageErrorKind::InvalidKey)) }
    }

    pub(crate) fn new(operation: &'static str, key: &str) -> Self {
        Self { operation, key: key.to_owned() }
    }

    pub(crate) fn failed<E: Error + Send + Sync + 'static>(
        &self,
        error: RusotoError<E>,
    ) -> StorageError {
        self.because(kind(&error), Some(Box::new(error)))
    }

    pub(crate) fn error(&self, kind: StorageErrorKind) -> StorageError {
        self.because(kind, None)
    }

    pub(crate) fn because(
        &self,
        kind: StorageErrorKind,
        source: Option<Box<dyn Error + Send + Sync>>,
    ) -> StorageError {
        let Self { operation, key } = self;
        StorageError { kind, store: SCHEME, operation, key: key.clone(), source }
    }
}

fn kind<E: Error>(error: &RusotoError<E>) -> StorageErrorKind {
    match error {
        RusotoError::Unknown(answer) => {
            let body = String::from_utf8_lossy(&answer.body);
            kind_of_answer(answer.status.as_u16(), &body)
        }
        // Of what the operations used here declare: a missing key, or a missing bucket. The text is
        // the server's, the name of the variant rusoto's.
        RusotoError::Service(error) if format!("{error:?}").starts_with("NoSuchBucket") => {
            StorageErrorKind::NoPlace
        }
        RusotoError::Service(_) => StorageErrorKind::NotFound,
        RusotoError::Credentials(_) => StorageErrorKind::Denied,
        _ => StorageErrorKind::Unavailable,
    }
}

fn kind_of_answer(status: u16, body: &str) -> StorageErrorKind {
    let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    match (code.map(|(code, _)| code), status) {
        (Some("NoSuchBucket"), _) => StorageErrorKind::NoPlace,
        (Some("BucketAlreadyExists" | "BucketAlreadyOwnedByYou" | "BucketNotEmpty"), _) => {
            StorageErrorKind::AlreadyExists
        }
        (_, 404) => StorageErrorKind::NotFound,
        (_, 416) => StorageErrorKind::InvalidRange,
        (_, 401 | 403) => StorageErrorKind::Denied,
        (_, 501) => StorageErrorKind::Unsupported,
        _ => StorageErrorKind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_judged_by_its_code_and_then_by_its_status() {
        let missing = "<Error><Code>NoSuchBucket</Code></Error>";
        assert_eq!(kind_of_answer(404, missing), StorageErrorKind::NoPlace);
        assert_eq!(kind_of_answer(404, ""), StorageErrorKind::NotFound);
        assert_eq!(kind_of_answer(403, "<Error>"), StorageErrorKind::Denied);
        assert_eq!(kind_of_answer(503, ""), StorageErrorKind::Unavailable);
    }
}
