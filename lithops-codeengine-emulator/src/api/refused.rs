//! Why a request is refused, and the answer to it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::iam::Unacceptable;
use crate::rules::Invalid;
use crate::settings::{Answer, Answers};
use crate::store::Kind;

/// Why a request is refused.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Refused {
    /// There is nothing at this path.
    #[error("Resource not found.")]
    NotFound,
    /// The path has no such method.
    #[error("Method not allowed.")]
    Method,
    /// The body isn't a JSON object.
    #[error("the body is not valid: {0}")]
    Body(String),
    /// A parameter of the query is not valid.
    #[error("the query parameter '{0}' is not valid")]
    Query(&'static str),
    /// The fields are not valid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The name is taken.
    #[error("a resource named '{name}' already exists in {}", .kind.plural())]
    Duplicate { kind: Kind, name: String },
    /// The name is taken by a project.
    #[error("a project named '{0}' already exists")]
    DuplicateProject(String),
    /// The name is taken by a project that was deleted.
    #[error("a project named '{0}' exists in state soft-deleted; it blocks the name for 7 days")]
    SoftDeleted(String),
    /// The job of a run doesn't exist.
    #[error("the referenced job '{0}' was not found")]
    Job(String),
    /// There are as many as there may be.
    #[error("exceeded quota: {1} of {0} are allowed")]
    Quota(&'static str, usize),
    /// The request came with no `If-Match`.
    #[error("the header If-Match is missing")]
    Unconditional,
    /// It has changed since the client saw it.
    #[error("the resource has changed: If-Match does not match its entity_tag")]
    Changed,
    /// The request has no token.
    #[error("the request has no token")]
    NoToken,
    /// The token isn't accepted.
    #[error(transparent)]
    Token(Unacceptable),
    /// The project can't be used now.
    #[error("the project is not yet active: it is {0}")]
    Inactive(&'static str),
}

impl Refused {
    /// Status and code.
    fn answer(&self, answers: &Answers) -> Answer {
        match self {
            Refused::NotFound | Refused::Job(_) => Answer::new(404, "resource_not_found"),
            Refused::Method => answers.method.clone(),
            Refused::Body(_) | Refused::Query(_) | Refused::Invalid(_) => answers.invalid.clone(),
            Refused::Duplicate { .. } | Refused::DuplicateProject(_) | Refused::SoftDeleted(_) => {
                answers.duplicate.clone()
            }
            Refused::Quota(..) => answers.quota.clone(),
            Refused::Unconditional => answers.unconditional.clone(),
            Refused::Changed => answers.changed.clone(),
            Refused::NoToken | Refused::Token(_) => answers.unauthenticated.clone(),
            Refused::Inactive(_) => answers.inactive.clone(),
        }
    }

    /// The status of the response.
    pub(crate) fn status(&self, answers: &Answers) -> u16 {
        self.answer(answers).status
    }

    /// The whole response.
    pub(super) fn response(&self, answers: &Answers, trace: &str) -> Response {
        let Answer { status, code } = self.answer(answers);
        envelope(status, &code, &self.to_string(), trace)
    }
}

/// An error as Code Engine tells it.
pub(crate) fn envelope(status: u16, code: &str, message: &str, trace: &str) -> Response {
    let body = json!({
        "errors": [{"code": code, "message": message}],
        "trace": trace,
        "status_code": status,
    });
    // Settings can say any number; one that is no status is no reason to answer nothing.
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(body)).into_response()
}

/// The reason travels along; [`super::trace`] makes the response of it.
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
