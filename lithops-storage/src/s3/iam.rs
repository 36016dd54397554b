//! Tokens of IBM Cloud, for an API key.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use lithops_core::secret::Secret;
use object_store::client::{HttpClient, HttpError, HttpErrorKind, HttpRequest};
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::cloud::{Refusal, Tokens, query};

pub(super) const IBM_CLOUD: &str = "https://iam.cloud.ibm.com";

/// The part of a token's life after which it is changed for a new one.
const USED: f64 = 0.8;

/// The tokens of one API key, each used for most of its life.
#[derive(Debug)]
pub(super) struct IamTokens {
    url: String,
    api_key: Secret,
    current: Mutex<Option<Token>>,
}

struct Token {
    authorization: HeaderValue,
    used_until: Instant,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("used_until", &self.used_until).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    /// Seconds.
    expires_in: u64,
}

impl IamTokens {
    pub(super) fn new(endpoint: &str, api_key: Secret) -> Self {
        let url = format!("{}/identity/token", endpoint.trim_end_matches('/'));
        Self { url, api_key, current: Mutex::new(None) }
    }

    async fn ask(&self, client: &HttpClient) -> Result<Token, Refusal> {
        let form = query(&[
            ("grant_type", "urn:ibm:params:oauth:grant-type:apikey"),
            ("apikey", self.api_key.expose()),
        ]);
        let mut request = HttpRequest::new(form.into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.parse().map_err(|error| denied(&error))?;
        let headers = request.headers_mut();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));

        let asked = Instant::now();
        let response = client.execute(request).await.map_err(Refusal::Unreachable)?;
        let status = response.status();
        let text = response.into_body().bytes().await.map_err(Refusal::Unreachable)?;
        if status.is_server_error() || status.as_u16() == 429 {
            let error = std::io::Error::other(format!("{} answered {status}", self.url));
            return Err(Refusal::Unreachable(HttpError::new(HttpErrorKind::Request, error)));
        }
        if !status.is_success() {
            // What the server says of a bad key names its account, not the key.
            let text = String::from_utf8_lossy(&text);
            return Err(Refusal::Denied(format!("{} answered {status}: {text}", self.url)));
        }
        let granted: Granted = serde_json::from_slice(&text).map_err(|error| denied(&error))?;
        let bearer = format!("Bearer {}", granted.access_token);
        let mut authorization = HeaderValue::try_from(bearer).map_err(|error| denied(&error))?;
        authorization.set_sensitive(true);
        let life = Duration::from_secs(granted.expires_in).mul_f64(USED);
        Ok(Token { authorization, used_until: asked + life })
    }
}

fn denied(error: &dyn std::error::Error) -> Refusal {
    Refusal::Denied(format!("the service that gives tokens can't be understood: {error}"))
}

#[async_trait]
impl Tokens for IamTokens {
    async fn authorization(&self, client: &HttpClient) -> Result<HeaderValue, Refusal> {
        // Held while asking, so that all who find the token too old ask once.
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| Instant::now() < token.used_until) {
            return Ok(token.authorization.clone());
        }
        let token = self.ask(client).await?;
        let authorization = token.authorization.clone();
        *current = Some(token);
        Ok(authorization)
    }
}
