//! What an engine refuses, as errors of a backend.

use bollard::errors::Error as Answer;
use lithops_core::ports::{ComputeError, ComputeErrorKind};
use lithops_runtime::engine::EngineError;

use super::BACKEND;

/// An error of this backend.
pub(super) fn error(
    kind: ComputeErrorKind,
    operation: &'static str,
    message: impl Into<String>,
) -> ComputeError {
    ComputeError::new(BACKEND, kind, operation, message)
}

/// As [`error`], with the error behind it.
pub(super) fn because(
    kind: ComputeErrorKind,
    operation: &'static str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> ComputeError {
    ComputeError::because(BACKEND, kind, operation, source)
}

/// The executor has ended.
pub(super) fn closed() -> ComputeError {
    let message = "the executor was shut down: make another";
    error(ComputeErrorKind::Unsupported, "start a container", message)
}

/// What looking for an engine, or for an image, came to.
pub(super) fn from_engine(operation: &'static str, source: EngineError) -> ComputeError {
    let kind = match &source {
        EngineError::Denied { .. } | EngineError::Credentials(_) => ComputeErrorKind::Denied,
        _ if source.is_transient() => ComputeErrorKind::Unavailable,
        _ => ComputeErrorKind::Unsupported,
    };
    because(kind, operation, source)
}

/// What a request for a container came to.
pub(super) fn from_answer(operation: &'static str, source: Answer) -> ComputeError {
    let kind = match &source {
        Answer::DockerResponseServerError { status_code: 403, .. } => ComputeErrorKind::Denied,
        Answer::DockerResponseServerError { status_code: 500.., .. } => ComputeErrorKind::Start,
        Answer::DockerResponseServerError { .. } => ComputeErrorKind::Unsupported,
        Answer::IOError { .. }
        | Answer::RequestTimeoutError
        | Answer::HyperResponseError { .. }
        | Answer::HyperLegacyError { .. }
        | Answer::SocketNotFoundError(_) => ComputeErrorKind::Unavailable,
        _ => ComputeErrorKind::Start,
    };
    because(kind, operation, source)
}

/// Whether the engine says that what was asked for is not there.
pub(super) fn is_missing(answer: &Answer) -> bool {
    matches!(answer, Answer::DockerResponseServerError { status_code: 404, .. })
}
