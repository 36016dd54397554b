//! One request and its answer.

use std::sync::Once;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, Response};
use serde::de::DeserializeOwned;

use tokio::time::Instant;

use crate::error::ApiError;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a request may take, its answer included: none is large.
const REQUEST: Duration = Duration::from_secs(30);
/// Longer than the answer to any request: a list of 100 runs of 1000 indices each has a few MiB.
const LARGEST: usize = 64 << 20;

const AGENT: &str = concat!("lithops/", env!("CARGO_PKG_VERSION"));

/// An answer, read whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// What the answer holds.
    pub(super) fn read<T: DeserializeOwned>(&self, operation: &'static str) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let reason = format!("status {}, {error}", self.status);
            ApiError::Malformed { operation, reason }
        })
    }
}

/// A pool of connections.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    install_tls();
    reqwest::Client::builder()
        .user_agent(AGENT)
        .connect_timeout(CONNECT)
        // A redirect would take the token elsewhere, and none is expected.
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// Says which cryptography TLS uses, unless the program has said so already.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that the program has chosen one, which is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
    });
}

/// When the server says that it answered.
pub(super) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    let text = headers.get(reqwest::header::DATE)?.to_str().ok()?;
    Some(chrono::DateTime::parse_from_rfc2822(text).ok()?.to_utc().into())
}

/// By how much two clocks differ, whichever is ahead.
pub(super) fn apart(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|earlier| earlier.duration())
}

/// The host of an address, for messages.
pub(super) fn host(address: &str) -> String {
    let url = reqwest::Url::parse(address).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| address.to_owned())
}

/// Sends a request, and reads its answer whole: until `end`, and not for too long.
pub(super) async fn answer(
    operation: &'static str,
    address: &str,
    request: RequestBuilder,
    end: Instant,
) -> Result<Answer, ApiError> {
    let begun = Instant::now();
    let end = end.min(begun + REQUEST);
    let answered = async {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok((status, headers, body(response).await?))
    };
    match tokio::time::timeout_at(end, answered).await {
        Ok(Ok((status, headers, Some(body)))) => Ok(Answer { status, headers, body }),
        Ok(Ok((status, _, None))) => {
            let reason = format!("status {status}, more than {LARGEST} bytes");
            Err(ApiError::Malformed { operation, reason })
        }
        Ok(Err(source)) => Err(ApiError::Unreachable { operation, host: host(address), source }),
        Err(_) => {
            let waited = end.saturating_duration_since(begun);
            // As people say it: in tenths of seconds.
            let bound = Duration::from_millis((waited.as_millis() as u64).div_ceil(100) * 100);
            Err(ApiError::Silent { operation, host: host(address), bound })
        }
    }
}

/// A body; `None` if it is too large to be one of this API.
async fn body(mut response: Response) -> Result<Option<Bytes>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        body.extend_from_slice(&piece);
        if body.len() > LARGEST {
            return Ok(None);
        }
    }
    Ok(Some(body.into()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_a_server_is_read_from_its_answers() {
        let mut headers = HeaderMap::new();
        assert_eq!(date(&headers), None);
        headers.insert(reqwest::header::DATE, "Thu, 01 Jan 1970 00:10:00 GMT".parse().unwrap());
        let there = date(&headers).unwrap();
        let ten_minutes = Duration::from_secs(600);
        assert_eq!(apart(there, SystemTime::UNIX_EPOCH), ten_minutes);
        assert_eq!(apart(SystemTime::UNIX_EPOCH, there), ten_minutes);
    }
}
