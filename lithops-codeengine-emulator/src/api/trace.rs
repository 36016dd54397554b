//! Every response carries the id of its transaction, and errors name it in their body.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::Refused;
use crate::service::Service;

const HEADER: HeaderName = HeaderName::from_static("x-global-transaction-id");

/// The id of a request's transaction, in its extensions.
#[derive(Debug, Clone)]
pub(crate) struct Trace(pub(crate) String);

/// Gives the request an id, and the response too.
pub(crate) async fn trace(
    State(service): State<Arc<Service>>,
    mut request: Request,
    next: Next,
) -> Response {
    let trace = format!("codeengine-api-{}", Uuid::new_v4().simple());
    request.extensions_mut().insert(Trace(trace.clone()));
    let mut response = next.run(request).await;
    if let Some(refused) = response.extensions_mut().remove::<Refused>() {
        response = refused.response(&service.settings.answers, &trace);
    }
    if let Ok(value) = HeaderValue::from_str(&trace) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
