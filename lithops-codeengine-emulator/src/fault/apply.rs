//! Faults on a request's way to its handler, and on the way back.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::stream::{self, StreamExt as _};
use tokio::time::sleep;

use super::{HttpFaultKind, ProjectFate, RetryAfter, Twists};
use crate::api::{Trace, envelope};
use crate::iam::bearer;
use crate::service::Service;

/// In the extensions of a response that is not to be sent: how its connection ends instead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Broken {
    Closed,
    Reset,
}

/// Has a request suffer what faults there are for it.
pub(crate) async fn apply(
    State(service): State<Arc<Service>>,
    mut request: Request,
    next: Next,
) -> Response {
    let kinds = service.faults.hit(request.method().as_str(), request.uri().path());
    let trace = request.extensions().get::<Trace>().map(|Trace(id)| id.clone());
    let trace = trace.unwrap_or_default();
    let mut twists = Twists::default();
    for kind in &kinds {
        if let Some(instead) = before(&service, &request, &mut twists, kind, &trace) {
            return instead;
        }
    }
    request.extensions_mut().insert(twists);
    let mut response = next.run(request).await;
    for kind in &kinds {
        response = after(response, kind, &trace).await;
    }
    response
}

/// What happens before the work; some faults answer in its place.
fn before(
    service: &Service,
    request: &Request,
    twists: &mut Twists,
    kind: &HttpFaultKind,
    trace: &str,
) -> Option<Response> {
    let milliseconds = |time: &u64| Duration::from_millis(*time);
    match kind {
        HttpFaultKind::Status { status, retry_after } => {
            return Some(refusal(*status, *retry_after, trace));
        }
        HttpFaultKind::Drop => return Some(broken(Broken::Closed)),
        HttpFaultKind::Reset => return Some(broken(Broken::Reset)),
        HttpFaultKind::NotJson { status } => return Some(page(*status)),
        HttpFaultKind::Unauthorized => {
            if let Some(token) = bearer(request.headers()) {
                service.account.tokens.revoke(token);
            }
        }
        HttpFaultKind::ShortToken { seconds } => {
            twists.token_life = Some(Duration::from_secs(*seconds));
        }
        HttpFaultKind::HiddenAfterCreate { milliseconds: time } => {
            twists.hidden = milliseconds(time);
        }
        HttpFaultKind::LingeringAfterDelete { milliseconds: time } => {
            twists.lingering = milliseconds(time);
        }
        HttpFaultKind::ProjectFails => twists.project = Some(ProjectFate::Fails),
        HttpFaultKind::ProjectStuck => twists.project = Some(ProjectFate::Stuck),
        HttpFaultKind::CommitThenStatus { .. }
        | HttpFaultKind::CommitThenDrop
        | HttpFaultKind::DelayHeaders { .. }
        | HttpFaultKind::DelayBody { .. }
        | HttpFaultKind::TruncatedBody => {}
    }
    None
}

/// What happens after the work.
async fn after(response: Response, kind: &HttpFaultKind, trace: &str) -> Response {
    match kind {
        HttpFaultKind::CommitThenStatus { status, retry_after } => {
            refusal(*status, *retry_after, trace)
        }
        HttpFaultKind::CommitThenDrop => broken(Broken::Closed),
        HttpFaultKind::DelayHeaders { milliseconds } => {
            sleep(Duration::from_millis(*milliseconds)).await;
            response
        }
        HttpFaultKind::DelayBody { milliseconds } => {
            let late = Duration::from_millis(*milliseconds);
            with_body(response, |body| {
                let body = stream::once(async move {
                    sleep(late).await;
                    Ok::<_, io::Error>(body)
                });
                Body::from_stream(body)
            })
            .await
        }
        HttpFaultKind::TruncatedBody => {
            with_body(response, |body| {
                let half = body.slice(..body.len() / 2);
                let end = io::Error::other("the body was cut on purpose");
                // The end comes after the half was sent, not in its place.
                let end = stream::once(async {
                    tokio::task::yield_now().await;
                    Err(end)
                });
                Body::from_stream(stream::iter([Ok(half)]).chain(end))
            })
            .await
        }
        _ => response,
    }
}

/// A response with another body of the same length, as its head says.
async fn with_body(response: Response, change: impl FnOnce(Bytes) -> Body) -> Response {
    let (mut head, body) = response.into_parts();
    // Handlers answer from memory.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(head, change(body))
}

fn refusal(status: u16, retry_after: Option<RetryAfter>, trace: &str) -> Response {
    let mut response = envelope(status, "injected_fault", "a fault of the emulator", trace);
    let when = retry_after.map(|when| match when {
        RetryAfter::Seconds(seconds) => HeaderValue::from(seconds),
        RetryAfter::DateInSeconds(seconds) => {
            // The machine's time: clients compare it with theirs.
            let date = SystemTime::now() + Duration::from_secs(seconds);
            let date = httpdate::fmt_http_date(date);
            HeaderValue::from_str(&date).expect("dates are written in ASCII")
        }
    });
    if let Some(when) = when {
        response.headers_mut().insert(RETRY_AFTER, when);
    }
    response
}

fn page(status: u16) -> Response {
    let body = "<html><body><h1>upstream connect error</h1></body></html>";
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, [(CONTENT_TYPE, "text/html")], body).into_response()
}

fn broken(how: Broken) -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(how);
    response
}
