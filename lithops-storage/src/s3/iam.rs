//! Tokens of IBM Cloud, for an API key or for what an instance of Code Engine is.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lithops_core::secret::Secret;
use object_store::client::{HttpClient, HttpError, HttpErrorKind, HttpRequest};
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::S3Config;
use crate::cloud::{LARGEST_ANSWER, Refusal, Tokens, body_within, query};

pub(super) const IBM_CLOUD: &str = "https://iam.cloud.ibm.com";

/// The part of a token's life after which it is changed for a new one.
const USED: f64 = 0.8;
/// The longest that any token is used, whatever is said of its life.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Where Code Engine puts the token of an instance.
const CR_TOKEN_FILE: &str =
    "/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token";

/// What is exchanged for tokens.
#[derive(Debug)]
pub(super) enum Grant {
    ApiKey(Secret),
    /// The token of the instance: it may become this trusted profile.
    ComputeResource {
        token_file: PathBuf,
        profile: String,
    },
}

impl Grant {
    pub(super) fn of(config: &S3Config) -> Option<Self> {
        if let Some(key) = &config.iam_api_key {
            return Some(Self::ApiKey(key.clone()));
        }
        let profile = config.trusted_profile.clone()?;
        let token_file = config.cr_token_file.clone();
        let token_file = token_file.unwrap_or_else(|| PathBuf::from(CR_TOKEN_FILE));
        Some(Self::ComputeResource { token_file, profile })
    }

    /// The form to send.
    fn form(&self) -> Result<String, Refusal> {
        let (token_file, profile) = match self {
            Self::ApiKey(key) => {
                let kind = "urn:ibm:params:oauth:grant-type:apikey";
                return Ok(query(&[("grant_type", kind), ("apikey", key.expose())]));
            }
            Self::ComputeResource { token_file, profile } => (token_file, profile),
        };
        // Read each time: the platform puts a new token there before the old one ends.
        let token = std::fs::read_to_string(token_file).map_err(|error| {
            Refusal::Denied(format!(
                "the token of this instance can't be read from {}: {error}; a job of Code Engine \
                 has one if it asks for it, other processes have none",
                token_file.display()
            ))
        })?;
        let name = if profile.starts_with("Profile-") { "profile_id" } else { "profile_name" };
        let kind = "urn:ibm:params:oauth:grant-type:cr-token";
        Ok(query(&[("grant_type", kind), ("cr_token", token.trim()), (name, profile)]))
    }
}

/// The tokens of one grant, each used for most of its life.
#[derive(Debug)]
pub(super) struct IamTokens {
    url: String,
    grant: Grant,
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

impl Granted {
    /// How long after it was asked for.
    fn use_for(&self) -> Duration {
        Duration::from_secs(self.expires_in).min(LONGEST).mul_f64(USED)
    }
}

impl IamTokens {
    pub(super) fn new(endpoint: &str, grant: Grant) -> Self {
        let url = format!("{}/identity/token", endpoint.trim_end_matches('/'));
        Self { url, grant, current: Mutex::new(None) }
    }

    async fn ask(&self, client: &HttpClient) -> Result<Token, Refusal> {
        let mut request = HttpRequest::new(self.grant.form()?.into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.parse().map_err(|error| denied(&error))?;
        let headers = request.headers_mut();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));

        let asked = Instant::now();
        let response = client.execute(request).await.map_err(Refusal::Unreachable)?;
        let status = response.status();
        let text = body_within(response, LARGEST_ANSWER).await.map_err(Refusal::Unreachable)?;
        if status.is_server_error() || status.as_u16() == 429 {
            let error = std::io::Error::other(format!("{} answered {status}", self.url));
            return Err(Refusal::Unreachable(HttpError::new(HttpErrorKind::Request, error)));
        }
        if !status.is_success() {
            // What the server says of a bad key or token names its account, not the secret.
            let text = String::from_utf8_lossy(&text);
            return Err(Refusal::Denied(format!("{} answered {status}: {text}", self.url)));
        }
        let granted: Granted = serde_json::from_slice(&text).map_err(|error| denied(&error))?;
        let bearer = format!("Bearer {}", granted.access_token);
        let mut authorization = HeaderValue::try_from(bearer).map_err(|error| denied(&error))?;
        authorization.set_sensitive(true);
        Ok(Token { authorization, used_until: asked + granted.use_for() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_for_four_fifths_of_its_life() {
        let granted = Granted { access_token: "t".to_owned(), expires_in: 3600 };
        assert_eq!(granted.use_for(), Duration::from_secs(2880));
        let granted = Granted { expires_in: u64::MAX, ..granted };
        assert_eq!(granted.use_for(), LONGEST.mul_f64(USED));
    }
}
