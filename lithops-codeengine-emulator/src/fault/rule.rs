//! A fault, and which requests suffer it.

use serde::{Deserialize, Serialize};

/// A fault, and which requests suffer it.
///
/// ```
/// use lithops_codeengine_emulator::{HttpFault, HttpFaultKind};
///
/// let fault = r#"{"method": "POST", "path": "/job_runs$", "times": 1,
///                 "kind": "commit_then_status", "status": 503}"#;
/// let fault: HttpFault = serde_json::from_str(fault).unwrap();
/// assert_eq!(fault.kind, HttpFaultKind::CommitThenStatus { status: 503, retry_after: None });
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpFault {
    /// The method of the requests; any if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A regular expression that matches in the path. Empty for all requests.
    #[serde(default)]
    pub path: String,
    /// Of the requests that match, only the one of this number suffers it; the first is 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// How likely a request that matches suffers it, from 0 to 1; certain if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// How many requests suffer it; all if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// What happens.
    #[serde(flatten)]
    pub kind: HttpFaultKind,
}

impl HttpFault {
    /// The fault of every request.
    pub fn always(kind: HttpFaultKind) -> Self {
        let path = String::new();
        Self { method: None, path, nth: None, probability: None, times: None, kind }
    }

    /// The fault of the next request of this method whose path matches.
    pub fn once(method: &str, path: &str, kind: HttpFaultKind) -> Self {
        Self {
            method: Some(method.to_owned()),
            path: path.to_owned(),
            times: Some(1),
            ..Self::always(kind)
        }
    }
}

/// What can happen to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HttpFaultKind {
    /// Nothing is done, and the answer is this one.
    Status {
        /// The status.
        status: u16,
        /// When the client shall come again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<RetryAfter>,
    },
    /// All is done, but the answer is this one.
    CommitThenStatus {
        /// The status.
        status: u16,
        /// When the client shall come again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<RetryAfter>,
    },
    /// All is done, and the connection is closed without an answer.
    CommitThenDrop,
    /// Nothing is done, and the connection is closed without an answer.
    Drop,
    /// Nothing is done, and the connection is reset.
    Reset,
    /// The answer is late; the work is done before the wait.
    DelayHeaders {
        /// By how much, in milliseconds.
        milliseconds: u64,
    },
    /// The answer's head comes in time, its body late.
    DelayBody {
        /// By how much, in milliseconds.
        milliseconds: u64,
    },
    /// All is done, but the connection is closed in the middle of the answer's body.
    TruncatedBody,
    /// Nothing is done, and the answer's body is no JSON.
    NotJson {
        /// The status.
        status: u16,
    },
    /// The request's token is revoked before the request is looked at.
    Unauthorized,
    /// The token that is given is valid only so long.
    ShortToken {
        /// How long, in seconds.
        seconds: u64,
    },
    /// What is created is not found for a while.
    HiddenAfterCreate {
        /// How long, in milliseconds of the emulator's clock.
        milliseconds: u64,
    },
    /// What is deleted is still found for a while.
    LingeringAfterDelete {
        /// How long, in milliseconds of the emulator's clock.
        milliseconds: u64,
    },
    /// The project that is created comes to `creation_failed`.
    ProjectFails,
    /// The project that is created never leaves `creating`.
    ProjectStuck,
}

/// What `Retry-After` says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// A number of seconds.
    Seconds(u64),
    /// The date that is so many seconds ahead.
    DateInSeconds(u64),
}
