//! Tokens for an API key.

use std::time::Duration;

use lithops_core::secret::Secret;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use super::http::{self, Answer};
use super::pause::Pauses;
use crate::error::{ApiError, Refusal};

const OPERATION: &str = "exchange the API key for a token";

/// The part of a token's life after which it is changed for a new one.
const USED: f64 = 0.8;
/// The longest that any token is used, whatever is said of its life.
const LONGEST: Duration = Duration::from_secs(86_400);
/// How long a token is tried to be had.
const BOUND: Duration = Duration::from_secs(30);

/// The tokens of one API key, each used for most of its life.
#[derive(Debug)]
pub(crate) struct Tokens {
    url: String,
    api_key: Secret,
    /// Held while a token is asked for, so that those who come meanwhile take the same one.
    current: Mutex<Option<Token>>,
}

/// A token.
#[derive(Clone)]
pub(crate) struct Token {
    header: HeaderValue,
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

impl Token {
    /// The value of the header `Authorization`.
    pub(crate) fn header(&self) -> &HeaderValue {
        &self.header
    }
}

impl Tokens {
    pub(crate) fn new(url: String, api_key: Secret) -> Self {
        Self { url, api_key, current: Mutex::new(None) }
    }

    /// A token that is still good; asks for one if need be.
    pub(crate) async fn current(
        &self,
        http: &reqwest::Client,
        end: Instant,
    ) -> Result<Token, ApiError> {
        let mut current = self.lock(end).await?;
        match current.as_ref() {
            Some(token) if Instant::now() < token.used_until => Ok(token.clone()),
            _ => Ok(current.insert(self.ask(http, end).await?).clone()),
        }
    }

    /// Another token than the one that was refused: somebody else's new one, if there is one.
    pub(crate) async fn instead_of(
        &self,
        http: &reqwest::Client,
        refused: &Token,
        end: Instant,
    ) -> Result<Token, ApiError> {
        let mut current = self.lock(end).await?;
        match current.as_ref() {
            Some(token) if token.header != refused.header => Ok(token.clone()),
            _ => Ok(current.insert(self.ask(http, end).await?).clone()),
        }
    }

    /// Waits until nobody else asks for a token.
    async fn lock(&self, end: Instant) -> Result<MutexGuard<'_, Option<Token>>, ApiError> {
        let begun = Instant::now();
        tokio::time::timeout_at(end, self.current.lock()).await.map_err(|_| ApiError::Silent {
            operation: OPERATION,
            host: http::host(&self.url),
            bound: end.saturating_duration_since(begun),
        })
    }

    async fn ask(&self, http: &reqwest::Client, end: Instant) -> Result<Token, ApiError> {
        let end = end.min(Instant::now() + BOUND);
        let mut pauses = Pauses::until(end);
        loop {
            match self.ask_once(http, end).await {
                Ok(token) => return Ok(token),
                Err(error) => pauses.after(error).await?,
            }
        }
    }

    async fn ask_once(&self, http: &reqwest::Client, end: Instant) -> Result<Token, ApiError> {
        let asked = Instant::now();
        let form = [
            ("grant_type", "urn:ibm:params:oauth:grant-type:apikey"),
            ("apikey", self.api_key.expose()),
            ("response_type", "cloud_iam"),
        ];
        let request = http
            .post(&self.url)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
            .body(encoded(&form));
        let answer = http::answer(OPERATION, &self.url, request, end).await?;
        if !(200..300).contains(&answer.status) {
            let Answer { status, headers, body } = answer;
            return Err(ApiError::Login(Refusal::read(OPERATION, status, &headers, &body)));
        }
        let granted: Granted = answer.read(OPERATION).map_err(|_| malformed("it is no token"))?;
        let mut header = HeaderValue::try_from(format!("Bearer {}", granted.access_token))
            .map_err(|_| malformed("the token has letters that no header may have"))?;
        header.set_sensitive(true);
        Ok(Token { header, used_until: asked + granted.use_for() })
    }
}

/// The reason is told without the answer, which has a token in it.
fn malformed(reason: &str) -> ApiError {
    ApiError::Malformed { operation: OPERATION, reason: reason.to_owned() }
}

/// A form as the body of a request.
fn encoded(form: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in form {
        if !text.is_empty() {
            text.push('&');
        }
        for (part, end) in [(name, "="), (value, "")] {
            for byte in part.bytes() {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                        text.push(byte.into());
                    }
                    byte => text.push_str(&format!("%{byte:02X}")),
                }
            }
            text.push_str(end);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_any_letters_gets_into_the_form() {
        let form = [("grant_type", "urn:ibm:apikey"), ("apikey", "a+b/c=&é")];
        assert_eq!(encoded(&form), "grant_type=urn%3Aibm%3Aapikey&apikey=a%2Bb%2Fc%3D%26%C3%A9");
    }

    #[test]
    fn a_token_that_lives_for_ever_is_used_for_a_day_at_most() {
        let used = |expires_in| Granted { access_token: "t".to_owned(), expires_in }.use_for();
        assert_eq!(used(3600), Duration::from_secs(2880));
        assert_eq!(used(u64::MAX), LONGEST.mul_f64(USED));
    }

    #[test]
    fn neither_key_nor_token_is_shown() {
        let tokens = Tokens::new("http://localhost".to_owned(), Secret::new("k3y"));
        let header = HeaderValue::from_static("Bearer t0ken");
        let token = Token { header, used_until: Instant::now() };
        assert!(!format!("{tokens:?} {token:?}").contains("k3y"));
        assert!(!format!("{token:?}").contains("t0ken"));
    }
}
