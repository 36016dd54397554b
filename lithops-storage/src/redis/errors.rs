//! What an error of Redis means to us: the one place that knows.

use lithops_core::ports::{StorageError, StorageErrorKind};
use redis::{ErrorKind, RedisError};

use super::SCHEME;

/// The request that an error is about.
#[derive(Clone, Debug)]
pub(super) struct Request {
    operation: &'static str,
    key: String,
}

impl Request {
    pub(super) fn new(operation: &'static str, key: &str) -> Self {
        Self { operation, key: key.to_owned() }
    }

    pub(super) fn failed(&self, error: RedisError) -> StorageError {
        self.because(kind(&error), Some(Box::new(error)))
    }

    pub(super) fn error(&self, kind: StorageErrorKind) -> StorageError {
        self.because(kind, None)
    }

    fn because(
        &self,
        kind: StorageErrorKind,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> StorageError {
        let Self { operation, key } = self;
        StorageError { kind, store: SCHEME, operation, key: key.clone(), source }
    }
}

fn kind(error: &RedisError) -> StorageErrorKind {
    match (error.kind(), error.code()) {
        (ErrorKind::AuthenticationFailed, _) | (_, Some("NOAUTH" | "WRONGPASS" | "NOPERM")) => {
            StorageErrorKind::Denied
        }
        (_, Some("OOM")) => StorageErrorKind::Full,
        (ErrorKind::InvalidClientConfig, _) => StorageErrorKind::Unsupported,
        _ => StorageErrorKind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_caller_and_a_full_server_have_their_own_kinds() {
        let cases = [
            ("NOAUTH", StorageErrorKind::Denied),
            ("WRONGPASS", StorageErrorKind::Denied),
            ("OOM", StorageErrorKind::Full),
            ("LOADING", StorageErrorKind::Unavailable),
        ];
        for (code, expected) in cases {
            let error = redis::make_extension_error(code.to_owned(), None);
            assert_eq!(Request::new("get", "a").failed(error).kind, expected, "{code}");
        }
    }
}
