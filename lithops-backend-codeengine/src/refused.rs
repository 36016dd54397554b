//! What a failed request means for a job, and what to do about it.

use lithops_core::ports::{ComputeError, ComputeErrorKind};

use crate::error::{ApiError, Refusal};

/// The backend's name in messages.
pub(crate) const BACKEND: &str = "code_engine";

/// What the hosts of Code Engine itself end with.
const IBM_CLOUD: &str = ".cloud.ibm.com";

/// An error of this backend.
pub(crate) fn error(
    kind: ComputeErrorKind,
    operation: &'static str,
    message: impl Into<String>,
) -> ComputeError {
    ComputeError::new(BACKEND, kind, operation, message)
}

/// As [`error`], with the error behind it.
pub(crate) fn because(
    kind: ComputeErrorKind,
    operation: &'static str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> ComputeError {
    ComputeError::because(BACKEND, kind, operation, source)
}

/// What a request that failed means, with the next step where there is one.
pub(crate) fn from_api(operation: &'static str, source: ApiError) -> ComputeError {
    let (kind, hint) = hint(&source);
    let message = if hint.is_empty() { source.to_string() } else { format!("{source}; {hint}") };
    ComputeError { kind, backend: BACKEND, operation, message, source: Some(Box::new(source)) }
}

/// What kind of failure it is, and the next step; empty where there is none.
pub(crate) fn hint(source: &ApiError) -> (ComputeErrorKind, &'static str) {
    match source {
        ApiError::Login(refusal) if !source.is_retryable() => (
            ComputeErrorKind::Denied,
            match refusal.status {
                400 | 401 => "check `iam_api_key` in the section `[ibm]`: it may have been deleted",
                _ => "check `iam_api_key` in the section `[ibm]`, and the rights of its owner",
            },
        ),
        ApiError::Refused(refusal) => meaning(refusal),
        ApiError::Unreachable { host, source: refused, .. }
            if refused.is_connect() && !host.ends_with(IBM_CLOUD) =>
        {
            (
                ComputeErrorKind::Unavailable,
                "check `endpoint` in the section `[code_engine]`: is the emulator running?",
            )
        }
        error if error.is_retryable() => (ComputeErrorKind::Unavailable, ""),
        _ => (ComputeErrorKind::Start, ""),
    }
}

/// What it means that nothing could be made ready, although it was tried for as long as the settings
/// say: whoever asks again at once only waits as long again.
pub(crate) fn not_again(error: ComputeError) -> ComputeError {
    let of_api = error.source.as_ref().is_some_and(|source| source.is::<ApiError>());
    match error.kind {
        ComputeErrorKind::Unavailable if of_api => {
            ComputeError { kind: ComputeErrorKind::Unsupported, ..error }
        }
        _ => error,
    }
}

/// Whether a limit of the project or the account was met. Which word Code Engine has for it is not
/// documented.
pub(crate) fn is_quota(refusal: &Refusal) -> bool {
    let says = |word| refusal.code.contains(word) || refusal.message.to_lowercase().contains(word);
    matches!(refusal.status, 400 | 403 | 409 | 422 | 429) && says("quota")
}

/// Whether the name is that of a project that was deleted a short while ago.
pub(crate) fn is_soft_deleted(refusal: &Refusal) -> bool {
    let text = refusal.message.to_lowercase();
    refusal.status == 409 && (text.contains("soft-deleted") || text.contains("soft_deleted"))
}

/// What a refusal means, and the next step.
fn meaning(refusal: &Refusal) -> (ComputeErrorKind, &'static str) {
    match refusal.status {
        _ if is_quota(refusal) => (
            ComputeErrorKind::Quota,
            "remove what is not needed any more with `ComputeBackend::clean`, or in the console, or have IBM \
             raise the limit",
        ),
        _ if is_soft_deleted(refusal) => (
            ComputeErrorKind::Unsupported,
            "a project of this name was deleted, and keeps the name for 7 days: restore it, remove it \
             for good with `ibmcloud ce project delete --hard`, or set another `project_name`",
        ),
        401 => (
            ComputeErrorKind::Denied,
            "the token was refused, and so was a new one: does the API key belong to this account?",
        ),
        403 => (
            ComputeErrorKind::Denied,
            "the owner of the API key needs the service role Writer on the project, and the platform \
             role Editor on Code Engine to make one",
        ),
        404 => (ComputeErrorKind::Start, "it was removed meanwhile, or never there"),
        409 => (ComputeErrorKind::Start, ""),
        400 | 405..=428 | 430..=499 | 501 => (ComputeErrorKind::Unsupported, ""),
        _ => (ComputeErrorKind::Unavailable, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, code: &str, message: &str) -> ApiError {
        let (code, message) = (code.to_owned(), message.to_owned());
        ApiError::Refused(Refusal {
            operation: "ask",
            status,
            code,
            message,
            trace: None,
            retry_after: None,
        })
    }

    #[test]
    fn each_refusal_has_its_kind() {
        use ComputeErrorKind::{Denied, Quota, Start, Unavailable, Unsupported};
        for (status, code, message, kind) in [
            (400, "invalid", "bad field", Unsupported),
            (401, "", "", Denied),
            (403, "forbidden", "no", Denied),
            (403, "quota_exceeded", "too many jobs", Quota),
            (403, "", "exceeded quota: secrets", Quota),
            (404, "resource_not_found", "", Start),
            (409, "conflict", "exists", Start),
            (409, "conflict", "the project is soft-deleted", Unsupported),
            (422, "", "", Unsupported),
            (429, "", "", Unavailable),
            (500, "", "", Unavailable),
            (503, "", "", Unavailable),
        ] {
            let found = from_api("start workers", refusal(status, code, message));
            assert_eq!(found.kind, kind, "{status} {code} {message}");
        }
    }

    #[test]
    fn a_project_that_was_deleted_is_explained() {
        let text = from_api("make the project", refusal(409, "conflict", "name is soft-deleted"));
        assert_eq!(
            text.to_string(),
            "code_engine: make the project failed: not possible here: ask: status 409, conflict: name \
             is soft-deleted; a project of this name was deleted, and keeps the name for 7 days: \
             restore it, remove it for good with `ibmcloud ce project delete --hard`, or set another \
             `project_name`"
        );
    }
}
