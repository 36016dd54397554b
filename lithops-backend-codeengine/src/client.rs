//! Requests over HTTP: signed in, repeated where that may help, and never twice where it hurts.
//!
//! - A token is asked for at first need, used for most of its life, and changed once when it is
//!   refused.
//! - Statuses 429 and 5xx, and connections that fail, are tried again after a random pause that
//!   doubles, or when the server says, until a bound of time.
//! - What a lost answer may have made is looked for by its name before it is made again.
//! - Lists are read to their end, unless they have none.

mod create;
mod http;
mod pages;
mod pause;
mod token;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, IF_MATCH};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::CodeEngineConfig;
use crate::error::{ApiError, Refusal};
use crate::request::Request;

pub(crate) use create::Created;
use http::Answer;
pub(crate) use pause::Pauses;
use token::Tokens;

/// Sends requests to one region of Code Engine as one user.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    tokens: Tokens,
    retry_bound: Duration,
    sent: AtomicU64,
    /// The server's clock, as its last answer told it, and when that was.
    clock: Mutex<Option<(SystemTime, SystemTime)>>,
}

impl Client {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// [`ApiError::Unreachable`] if this machine can't do TLS.
    pub(crate) fn new(config: &CodeEngineConfig) -> Result<Self, ApiError> {
        let base = config.base_url();
        let http = http::client().map_err(|source| ApiError::Unreachable {
            operation: "prepare connections",
            host: base.clone(),
            source,
        })?;
        let tokens = Tokens::new(config.token_url(), config.api_key.clone());
        let (retry_bound, sent) = (config.retry_bound, AtomicU64::new(0));
        let clock = Mutex::default();
        Ok(Self { http, base, tokens, retry_bound, sent, clock })
    }

    /// How many requests have been sent to Code Engine, repetitions included, tokens not.
    pub(crate) fn requests(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// By how much the clocks of the server and of this machine differ, as far as answers have told.
    pub(crate) fn skew(&self) -> Option<Duration> {
        let (there, here) = (*self.clock.lock().unwrap_or_else(PoisonError::into_inner))?;
        Some(http::apart(there, here))
    }

    /// Sends a request that may be sent twice; gives what the answer holds.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, ApiError> {
        self.ask_until(Instant::now() + self.retry_bound, request).await
    }

    /// As [`ask`](Self::ask), for those who ask often, and rather later than long.
    pub(crate) async fn ask_within<T: DeserializeOwned>(
        &self,
        bound: Duration,
        request: &Request,
    ) -> Result<T, ApiError> {
        let end = Instant::now() + bound;
        let asking = self.ask_until(end, request);
        // A try that hangs is not waited for, either.
        tokio::time::timeout_at(end, asking).await.unwrap_or_else(|_| {
            let (operation, host) = (request.operation, self.base.clone());
            Err(ApiError::Silent { operation, host, bound })
        })
    }

    pub(crate) async fn ask_until<T: DeserializeOwned>(
        &self,
        end: Instant,
        request: &Request,
    ) -> Result<T, ApiError> {
        let mut pauses = Pauses::until(end);
        loop {
            match self.attempt(request, end).await {
                Ok(read) => return Ok(read),
                Err(error) => pauses.after(error).await?,
            }
        }
    }

    /// Sends a request once, and waits for no answer after `end`.
    pub(crate) async fn attempt<T: DeserializeOwned>(
        &self,
        request: &Request,
        end: Instant,
    ) -> Result<T, ApiError> {
        self.once(request, end).await?.read(request.operation)
    }

    /// Removes something; gives whether it was there.
    pub(crate) async fn remove(&self, request: &Request) -> Result<bool, ApiError> {
        let mut pauses = self.pauses();
        let mut doubtful = false;
        loop {
            match self.once(request, pauses.end()).await {
                Ok(_) => return Ok(true),
                // Perhaps by the try before.
                Err(error) if error.status() == Some(404) => return Ok(doubtful),
                Err(error) => {
                    doubtful |= error.is_doubtful();
                    pauses.after(error).await?;
                }
            }
        }
    }

    /// As [`remove`](Self::remove), for something that was just made, and may not be seen yet: then
    /// it is tried again until `end`.
    pub(crate) async fn remove_when_seen(
        &self,
        request: &Request,
        end: Instant,
    ) -> Result<bool, ApiError> {
        let mut pauses = Pauses::until(end);
        loop {
            let removed = self.remove(request).await?;
            if removed || !pauses.patiently().await {
                return Ok(removed);
            }
        }
    }

    /// Sends a request that may be sent twice, and whose answer says nothing more.
    pub(crate) async fn tell(&self, request: &Request) -> Result<(), ApiError> {
        let mut pauses = self.pauses();
        loop {
            match self.once(request, pauses.end()).await {
                Ok(_) => return Ok(()),
                Err(error) => pauses.after(error).await?,
            }
        }
    }

    /// The pauses between the tries of a request that begins now.
    pub(crate) fn pauses(&self) -> Pauses {
        Pauses::until(Instant::now() + self.retry_bound)
    }

    /// Sends a request until `end`, and once more with another token if it is refused for that.
    async fn once(&self, request: &Request, end: Instant) -> Result<Answer, ApiError> {
        let mut token = self.tokens.current(&self.http, end).await?;
        let mut renewed = false;
        loop {
            let answer = self.send(request, token.header(), end).await?;
            if answer.status == 401 && !renewed {
                renewed = true;
                token = self.tokens.instead_of(&self.http, &token, end).await?;
                continue;
            }
            if (200..300).contains(&answer.status) {
                return Ok(answer);
            }
            let Answer { status, headers, body } = answer;
            let refusal = Refusal::read(request.operation, status, &headers, &body);
            return Err(ApiError::Refused(refusal));
        }
    }

    async fn send(
        &self,
        request: &Request,
        token: &HeaderValue,
        end: Instant,
    ) -> Result<Answer, ApiError> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let url = format!("{}{}", self.base, request.path);
        let mut sending = self
            .http
            .request(request.method.clone(), url)
            .query(&request.query)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(AUTHORIZATION, token);
        if let Some(tag) = request.if_match {
            sending = sending.header(IF_MATCH, HeaderValue::from_static(tag));
        }
        if let Some(body) = &request.body {
            let json = HeaderValue::from_static("application/json");
            sending = sending.header(CONTENT_TYPE, json).body(body.to_string());
        }
        let answer = http::answer(request.operation, &self.base, sending, end).await?;
        if let Some(there) = http::date(&answer.headers) {
            *self.clock.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((there, SystemTime::now()));
        }
        Ok(answer)
    }
}
