//! How many requests came, of each method and path.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;

use crate::api::Refused;
use crate::fault::Broken;
use crate::service::Service;

/// The requests that an emulator has seen, those of `/_emu` left out. Clones are one list.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    seen: Arc<Mutex<Seen>>,
}

/// How many requests of a method and path were answered with each status.
type Seen = BTreeMap<(String, String), BTreeMap<u16, u64>>;

/// The requests of one method and path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestCount {
    /// The method.
    pub method: String,
    /// The path with the names of its parts: `/v2/projects/{project}/jobs/{name}`. `*` for paths that
    /// there aren't.
    pub path: String,
    /// How many there were.
    pub count: u64,
    /// How many were answered with each status; 0 where the connection was cut instead.
    pub statuses: BTreeMap<u16, u64>,
}

impl Requests {
    /// All methods and paths that were asked for, in their order.
    pub fn list(&self) -> Vec<RequestCount> {
        let seen = self.lock();
        let counts = seen.iter().map(|((method, path), statuses)| RequestCount {
            method: method.clone(),
            path: path.clone(),
            count: statuses.values().sum(),
            statuses: statuses.clone(),
        });
        counts.collect()
    }

    /// How many requests there were of a method and path, as [`RequestCount`] writes it.
    pub fn count(&self, method: &str, path: &str) -> u64 {
        let seen = self.lock();
        let statuses = seen.get(&(method.to_owned(), path.to_owned()));
        statuses.map_or(0, |statuses| statuses.values().sum())
    }

    /// How many requests there were in all.
    pub fn total(&self) -> u64 {
        self.lock().values().flat_map(BTreeMap::values).sum()
    }

    /// Begins at zero again.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn add(&self, method: String, path: String, status: u16) {
        *self.lock().entry((method, path)).or_default().entry(status).or_default() += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a request, with what it came to.
pub(crate) async fn count(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().to_string();
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or("*", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let extensions = response.extensions();
    let status = match (extensions.get::<Broken>(), extensions.get::<Refused>()) {
        (Some(_), _) => 0,
        (None, Some(refused)) => refused.status(&service.settings.answers),
        (None, None) => response.status().as_u16(),
    };
    service.requests.add(method, path, status);
    response
}

pub(super) async fn list(State(service): State<Arc<Service>>) -> Json<Vec<RequestCount>> {
    Json(service.requests.list())
}

pub(super) async fn clear(State(service): State<Arc<Service>>) -> StatusCode {
    service.requests.clear();
    StatusCode::NO_CONTENT
}
