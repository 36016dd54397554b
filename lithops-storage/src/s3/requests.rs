//! Requests that `object_store` does not make: about buckets, and listings of any keys there are.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lithops_core::ports::{ListPage, ObjectMeta, StorageError, StorageErrorKind};
use object_store::aws::{AwsAuthorizer, AwsCredentialProvider};
use object_store::client::{HttpClient, HttpRequest};
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::SCHEME;
use crate::adapter::{Pages, Request};
use crate::cloud::{Answer, LARGEST_ANSWER, body_within, query};

/// A bucket, to be asked by hand.
pub(super) struct BucketRequests {
    pub(super) client: HttpClient,
    /// Without a slash at its end.
    pub(super) url: String,
    pub(super) region: String,
    /// `None` where requests go unsigned: with a token, or with nothing.
    pub(super) credentials: Option<AwsCredentialProvider>,
    pub(super) service_instance_id: Option<String>,
    pub(super) max_retries: usize,
}

impl fmt::Debug for BucketRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketRequests").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Why a request has no good answer.
#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error("{0}")]
    Unsent(#[from] object_store::Error),
    #[error("{0}")]
    Unanswered(#[from] object_store::client::HttpError),
    #[error("the server answered with status code: {status}: {body}")]
    Refused { status: u16, body: String },
    #[error("the answer is no listing: {0}")]
    NoListing(#[from] quick_xml::DeError),
    #[error("the bucket's address can't be used: {0}")]
    Address(String),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(default)]
    is_truncated: bool,
    #[serde(default)]
    contents: Vec<Content>,
    next_continuation_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    key: String,
    size: u64,
    last_modified: Option<String>,
    #[serde(rename = "ETag")]
    e_tag: Option<String>,
}

impl BucketRequests {
    pub(super) async fn create(&self) -> Result<(), StorageError> {
        // Amazon wants the region told, but not if it is the first one.
        let elsewhere = self.url.contains(".amazonaws.com") && self.region != "us-east-1";
        let body = if elsewhere {
            format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>",
                self.region
            )
        } else {
            String::new()
        };
        match self.send(Method::PUT, &[], body).await {
            Ok(_) => Ok(()),
            Err(error) if Answer::of(&error).code == "BucketAlreadyOwnedByYou" => Ok(()),
            Err(error) => Err(self.failed("create_bucket", "", error)),
        }
    }

    pub(super) async fn delete(&self) -> Result<(), StorageError> {
        let deleted = self.send(Method::DELETE, &[], String::new()).await;
        deleted.map(drop).map_err(|error| self.failed("delete_bucket", "", error))
    }

    /// Asks, and asks again where nobody can know why it failed: all of these may be asked twice.
    async fn send(
        &self,
        method: Method,
        parameters: &[(&str, &str)],
        body: String,
    ) -> Result<Bytes, RequestError> {
        let mut wait = Duration::from_millis(100);
        for _ in 0..self.max_retries {
            match self.send_once(&method, parameters, &body).await {
                Err(
                    RequestError::Unanswered(_)
                    | RequestError::Refused { status: 408 | 429 | 500..=599, .. },
                ) => {}
                answered => return answered,
            }
            tokio::time::sleep(wait.mul_f64(rand::random_range(0.5..1.0))).await;
            wait = (wait * 2).min(Duration::from_secs(10));
        }
        self.send_once(&method, parameters, &body).await
    }

    async fn send_once(
        &self,
        method: &Method,
        parameters: &[(&str, &str)],
        body: &str,
    ) -> Result<Bytes, RequestError> {
        let mut request = HttpRequest::new(body.to_owned().into());
        *request.method_mut() = method.clone();
        // A bucket is addressed with a slash: behind the host there must be one anyway.
        let url = format!("{}/?{}", self.url, query(parameters));
        let url = url.trim_end_matches('?');
        *request.uri_mut() = url.parse().map_err(|_| RequestError::Address(url.to_owned()))?;
        if let Some(id) = self.service_instance_id.as_ref().filter(|_| *method == Method::PUT) {
            let id = HeaderValue::from_str(id).map_err(|_| RequestError::Address(id.clone()))?;
            let name = HeaderName::from_static("ibm-service-instance-id");
            request.headers_mut().insert(name, id);
        }
        if let Some(credentials) = &self.credentials {
            let credential = credentials.get_credential().await?;
            let signer = AwsAuthorizer::new(&credential, "s3", &self.region);
            signer.try_authorize(&mut request, None)?;
        }
        let response = self.client.execute(request).await?;
        let status = response.status();
        let body = body_within(response, LARGEST_ANSWER).await?;
        if status.is_success() {
            return Ok(body);
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        Err(RequestError::Refused { status: status.as_u16(), body })
    }

    fn failed(&self, operation: &'static str, key: &str, error: RequestError) -> StorageError {
        let request = Request { store: SCHEME, operation, key: key.into() };
        failed(&request, error)
    }
}

fn failed(request: &Request<'_>, error: RequestError) -> StorageError {
    let error = match error {
        RequestError::Unsent(error) => return request.failed(error),
        error => error,
    };
    let answer = Answer::of(&error);
    let kind = match (answer.status, answer.code.as_str()) {
        (_, "BucketAlreadyExists" | "BucketNotEmpty") => StorageErrorKind::AlreadyExists,
        (Some(300..=399 | 404), _) => StorageErrorKind::NoPlace,
        (Some(401 | 403), _) => StorageErrorKind::Denied,
        (_, "ExpiredToken" | "InvalidToken") => StorageErrorKind::Denied,
        (Some(408 | 409 | 429), _) => StorageErrorKind::Unavailable,
        (Some(400..=499), _) => StorageErrorKind::Unsupported,
        _ => StorageErrorKind::Unavailable,
    };
    request.error(kind, Some(Box::new(error)))
}

#[async_trait]
impl Pages for BucketRequests {
    async fn page(
        &self,
        request: &Request<'_>,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<ListPage, StorageError> {
        let mut token = None;
        // A page may have no key of ours and yet not be the last: the server then says by a token
        // where to go on.
        loop {
            let listed = self.listed(request, prefix, after, token.as_deref()).await?;
            let page = page(listed.contents, listed.is_truncated, prefix);
            token = listed.next_continuation_token;
            if !page.objects.is_empty() || !page.more || token.is_none() {
                return Ok(page);
            }
        }
    }
}

impl BucketRequests {
    async fn listed(
        &self,
        request: &Request<'_>,
        prefix: &str,
        after: Option<&str>,
        token: Option<&str>,
    ) -> Result<Listed, StorageError> {
        let mut parameters = vec![("list-type", "2"), ("max-keys", "1000"), ("prefix", prefix)];
        parameters.extend(token.map(|token| ("continuation-token", token)));
        // An empty one means "from the start", but some servers answer as if it were missing.
        parameters.extend(after.filter(|after| !after.is_empty()).map(|key| ("start-after", key)));
        let listed = match self.send(Method::GET, &parameters, String::new()).await {
            Ok(body) => quick_xml::de::from_reader::<_, Listed>(&*body).map_err(Into::into),
            Err(error) => Err(error),
        };
        listed.map_err(|error| failed(request, error))
    }
}

fn page(contents: Vec<Content>, more: bool, prefix: &str) -> ListPage {
    let objects = contents.into_iter().map(|content| ObjectMeta {
        key: content.key,
        size: content.size,
        modified: content.last_modified.as_deref().and_then(seconds),
        version: content.e_tag.or(content.last_modified),
    });
    // SeaweedFS takes a slash off the prefix, and lists folder by folder. Its own order stays where
    // a page follows, because that goes on from the key that comes last in it.
    let mut objects: Vec<_> = objects.filter(|o| o.key.starts_with(prefix)).collect();
    if !more {
        objects.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    }
    ListPage { objects, more }
}

/// A time as RFC 3339 writes it, in seconds since 1970.
fn seconds(time: &str) -> Option<u64> {
    chrono::DateTime::parse_from_rfc3339(time).ok()?.timestamp().try_into().ok()
}

pub(super) fn credentials(
    signed: bool,
    store: &object_store::aws::AmazonS3,
) -> Option<AwsCredentialProvider> {
    signed.then(|| Arc::clone(store.credentials()))
}
