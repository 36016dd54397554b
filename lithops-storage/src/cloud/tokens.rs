//! Requests with a token in place of a signature.

use std::sync::Arc;

use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService,
};
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderValue};

use super::Connector;

/// Gives each request a token, for stores that want one instead of a signature.
#[async_trait]
pub(crate) trait Tokens: std::fmt::Debug + Send + Sync {
    /// The value of the header `Authorization`, or what to answer in place of the store.
    async fn authorization(&self, client: &HttpClient) -> Result<HeaderValue, Refusal>;
}

/// Why there is no token.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Who gives tokens could not be reached.
    Unreachable(HttpError),
    /// Who gives tokens gave none.
    Denied(String),
}

/// Makes clients whose requests have a token, if there are tokens.
#[derive(Clone, Debug)]
pub(crate) struct Bearer(pub(crate) Option<Arc<dyn Tokens>>);

impl HttpConnector for Bearer {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let inner = Connector.connect(options)?;
        Ok(match &self.0 {
            None => inner,
            Some(tokens) => HttpClient::new(WithToken { inner, tokens: Arc::clone(tokens) }),
        })
    }
}

#[derive(Debug)]
struct WithToken {
    inner: HttpClient,
    tokens: Arc<dyn Tokens>,
}

#[async_trait]
impl HttpService for WithToken {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        match self.tokens.authorization(&self.inner).await {
            Ok(authorization) => {
                request.headers_mut().insert(AUTHORIZATION, authorization);
                self.inner.execute(request).await
            }
            Err(Refusal::Unreachable(error)) => Err(error),
            Err(Refusal::Denied(reason)) => {
                let mut response = HttpResponse::new(reason.into());
                *response.status_mut() = StatusCode::UNAUTHORIZED;
                Ok(response)
            }
        }
    }
}
