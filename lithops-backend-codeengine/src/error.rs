//! What can be wrong with a request to Code Engine.

use std::time::Duration;

use serde::Deserialize;

/// A request that has no good answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// Nobody answered.
    #[error("{operation}: {host} can't be reached: {}", innermost(.source))]
    Unreachable {
        /// What was tried.
        operation: &'static str,
        /// Who was asked.
        host: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// No answer came in time.
    #[error("{operation}: {host} did not answer within {bound:?}")]
    Silent {
        /// What was tried.
        operation: &'static str,
        /// Who was asked.
        host: String,
        /// How long it was waited for.
        bound: Duration,
    },
    /// The answer is a refusal.
    #[error("{0}")]
    Refused(Refusal),
    /// No token was given for the API key.
    #[error("no token was given for the API key: {0}")]
    Login(Refusal),
    /// The answer is none that this API gives.
    #[error("{operation}: the answer can't be understood: {reason}")]
    Malformed {
        /// What was tried.
        operation: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The pages of a list lead in a circle, or there is no end to them.
    #[error("{operation}: the list has no end: after {pages} pages it goes on where it has been")]
    EndlessList {
        /// What was tried.
        operation: &'static str,
        /// How many pages were read.
        pages: usize,
    },
    /// What was to be made has the name of something that is there.
    #[error("{operation}: `{name}` is there already, and is none of this client's")]
    Taken {
        /// What was tried.
        operation: &'static str,
        /// The name.
        name: String,
    },
}

/// A server's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was tried.
    pub operation: &'static str,
    /// The status of HTTP.
    pub status: u16,
    /// The server's word for what is wrong; empty if it gave none.
    pub code: String,
    /// The server's sentence.
    pub message: String,
    /// By which number IBM's support finds the request.
    pub trace: Option<String>,
    /// How long the server wants not to be asked.
    pub retry_after: Option<Duration>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: status {}", self.operation, self.status)?;
        if !self.code.is_empty() {
            write!(f, ", {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match &self.trace {
            Some(trace) => write!(f, " (trace {trace})"),
            None => Ok(()),
        }
    }
}

impl ApiError {
    /// Whether the same request may be answered well later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } => true,
            Self::Refused(refusal) | Self::Login(refusal) => refusal.is_retryable(),
            // Something between here and there has cut it off, or has answered for the server.
            Self::Malformed { .. } => true,
            Self::EndlessList { .. } | Self::Taken { .. } => false,
        }
    }

    /// Whether the server may have done what it was asked for, although it did not say so.
    pub fn is_doubtful(&self) -> bool {
        match self {
            Self::Unreachable { source, .. } => !source.is_connect(),
            Self::Silent { .. } | Self::Malformed { .. } => true,
            Self::Refused(refusal) => refusal.status >= 500,
            Self::Login(_) | Self::EndlessList { .. } | Self::Taken { .. } => false,
        }
    }

    /// The status of a refusal by Code Engine.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            _ => None,
        }
    }

    /// How long the server wants not to be asked.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) | Self::Login(refusal) => refusal.retry_after,
            _ => None,
        }
    }
}

impl Refusal {
    fn is_retryable(&self) -> bool {
        // 501 says that it is of no use.
        self.status == 429 || (self.status >= 500 && self.status != 501)
    }

    /// Reads a refusal out of an answer, whatever its body is.
    pub(crate) fn read(
        operation: &'static str,
        status: u16,
        headers: &reqwest::header::HeaderMap,
        body: &[u8],
    ) -> Self {
        let said: Said = serde_json::from_slice(body).unwrap_or_default();
        let header = |name| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let first = said.errors.into_iter().next().unwrap_or_default();
        let code = first.code.or(said.code).unwrap_or_default();
        let message = first.message.or(said.message).unwrap_or_else(|| shortened(body));
        let trace = said.trace.or_else(|| header("x-global-transaction-id"));
        let retry_after = header("retry-after").and_then(|text| wait(&text, chrono::Utc::now()));
        Self { operation, status, code, message, trace, retry_after }
    }
}

/// The bodies of refusals, of Code Engine and of the service of tokens.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    errors: Vec<SaidOnce>,
    trace: Option<String>,
    #[serde(alias = "errorCode")]
    code: Option<String>,
    #[serde(alias = "errorMessage", alias = "error")]
    message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SaidOnce {
    code: Option<String>,
    message: Option<String>,
}

/// The beginning of a body that is no refusal as they are written.
fn shortened(body: &[u8]) -> String {
    const MOST: usize = 200;
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}

/// How long a `Retry-After` means: a number of seconds, or a date.
fn wait(text: &str, now: chrono::DateTime<chrono::Utc>) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = chrono::DateTime::parse_from_rfc2822(text.trim()).ok()?;
    // One that is past means now.
    Some((until.to_utc() - now).to_std().unwrap_or_default())
}

/// What went wrong at the bottom: the layers above only say that something did.
fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;

    fn read(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Refusal {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect();
        Refusal::read("ask", status, &headers, body.as_bytes())
    }

    #[test]
    fn a_refusal_of_code_engine_is_read() {
        let body = r#"{"errors":[{"code":"resource_not_found","message":"Resource not found."}],
            "trace":"codeengine-api-34dc","status_code":404}"#;
        let refusal = read(404, &[], body);
        assert_eq!(
            refusal.to_string(),
            "ask: status 404, resource_not_found: Resource not found. (trace codeengine-api-34dc)"
        );
        assert!(!ApiError::Refused(refusal).is_retryable());
    }

    #[test]
    fn a_refusal_of_the_service_of_tokens_is_read() {
        let body =
            r#"{"errorCode":"BXNIM0415E","errorMessage":"Provided API key could not be found."}"#;
        let refusal = read(400, &[("x-global-transaction-id", "t-1")], body);
        assert_eq!((refusal.code.as_str(), refusal.trace.as_deref()), ("BXNIM0415E", Some("t-1")));
        assert_eq!(refusal.message, "Provided API key could not be found.");
    }

    #[test]
    fn whatever_the_body_is_the_status_is_told() {
        for (body, message) in [
            ("", ""),
            ("<html>bad gateway</html>", "<html>bad gateway</html>"),
            ("{\"errors\":[", "{\"errors\":["),
            ("{\"errors\":[]}", "{\"errors\":[]}"),
            ("[1]", "[1]"),
        ] {
            let refusal = read(502, &[], body);
            assert_eq!((refusal.status, refusal.message.as_str()), (502, message));
        }
        assert_eq!(read(500, &[], &"é".repeat(500)).message, format!("{}..", "é".repeat(200)));
    }

    #[test]
    fn a_server_says_in_seconds_or_by_a_date_when_to_come_back() {
        let refusal = read(429, &[("retry-after", "7")], "");
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(7)));
        let now = chrono::DateTime::parse_from_rfc3339("2015-10-21T07:27:00Z").unwrap().to_utc();
        let date = "Wed, 21 Oct 2015 07:28:00 GMT";
        assert_eq!(wait(date, now), Some(Duration::from_secs(60)));
        assert_eq!(wait(date, now + Duration::from_secs(90)), Some(Duration::ZERO));
        assert_eq!(wait("soon", now), None);
    }

    #[test]
    fn what_may_be_asked_again_and_what_may_have_been_done_are_two_things() {
        let of = |status| ApiError::Refused(read(status, &[], ""));
        let told = |status| (of(status).is_retryable(), of(status).is_doubtful());
        for status in [500, 502, 503, 504] {
            assert_eq!(told(status), (true, true), "{status}");
        }
        assert_eq!(told(429), (true, false));
        assert_eq!(told(501), (false, true));
        for status in [400, 401, 403, 404, 409, 412, 422] {
            assert_eq!(told(status), (false, false), "{status}");
        }
    }
}
