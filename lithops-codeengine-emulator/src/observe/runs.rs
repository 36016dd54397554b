//! Logs of instances, the clock, and tokens.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

use crate::run::RunId;
use crate::service::Service;

/// What the instances of an index have printed, as text.
pub(super) async fn log(
    State(service): State<Arc<Service>>,
    Path((project, name, index)): Path<(String, String, u64)>,
) -> Result<String, StatusCode> {
    service.runs.log(&RunId { project, name }, index).ok_or(StatusCode::NOT_FOUND)
}

#[derive(Debug, Deserialize)]
pub(super) struct Advance {
    seconds: f64,
}

/// Puts the clock forward.
pub(super) async fn advance(
    State(service): State<Arc<Service>>,
    Json(Advance { seconds }): Json<Advance>,
) -> Result<StatusCode, (StatusCode, String)> {
    let by = Duration::try_from_secs_f64(seconds);
    let by = by.map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    service.clock.advance(by);
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the validity from all tokens that were given.
pub(super) async fn revoke_tokens(State(service): State<Arc<Service>>) -> StatusCode {
    service.account.tokens.revoke_all();
    StatusCode::NO_CONTENT
}
