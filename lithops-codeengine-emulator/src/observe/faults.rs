//! `/_emu/faults`: faults of requests and of runs in one list.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::fault::HttpFault;
use crate::run::RunFault;
use crate::service::Service;

/// A fault with its number, which says what it is a fault of.
#[derive(Debug, Serialize)]
pub(super) struct Numbered {
    id: String,
    fault: Value,
}

/// Adds a fault. Kinds of requests' faults and of runs' faults have different names.
pub(super) async fn add(
    State(service): State<Arc<Service>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), (StatusCode, String)> {
    let wrong = |why: String| (StatusCode::BAD_REQUEST, why);
    let fault: Value = serde_json::from_slice(&body).map_err(|error| wrong(error.to_string()))?;
    let of_run = serde_json::from_value::<RunFault>(fault.clone());
    let id = match serde_json::from_value::<HttpFault>(fault) {
        Ok(fault) => match service.faults.add(fault) {
            Ok(id) => format!("http-{id}"),
            Err(error) => return Err(wrong(error.to_string())),
        },
        Err(of_request) => {
            let none = |of_run: serde_json::Error| {
                wrong(format!("no fault of requests: {of_request}; nor of runs: {of_run}"))
            };
            let id = service.runs.faults().add(of_run.map_err(none)?);
            format!("run-{}", id.map_err(|error| wrong(error.to_string()))?)
        }
    };
    Ok((StatusCode::CREATED, Json(json!({"id": id}))))
}

pub(super) async fn list(State(service): State<Arc<Service>>) -> Json<Vec<Numbered>> {
    let of_requests = service.faults.list().into_iter();
    let of_requests = of_requests.map(|(id, fault)| (format!("http-{id}"), json!(fault)));
    let of_runs = service.runs.faults().list().into_iter();
    let of_runs = of_runs.map(|(id, fault)| (format!("run-{id}"), json!(fault)));
    Json(of_requests.chain(of_runs).map(|(id, fault)| Numbered { id, fault }).collect())
}

pub(super) async fn remove(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> StatusCode {
    let number = |id: &str| id.parse::<u64>().ok();
    let removed = match id.split_once('-') {
        Some(("http", id)) => number(id).is_some_and(|id| service.faults.remove(id)),
        Some(("run", id)) => number(id).is_some_and(|id| service.runs.faults().remove(id)),
        _ => false,
    };
    if removed { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

pub(super) async fn clear(State(service): State<Arc<Service>>) -> StatusCode {
    service.faults.clear();
    service.runs.faults().clear();
    StatusCode::NO_CONTENT
}
