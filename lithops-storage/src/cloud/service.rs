//! One pool of connections for all storages of this process.

use std::collections::HashMap;
use std::sync::{Mutex, Once, PoisonError};

use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest,
    HttpResponse, HttpService, ReqwestConnector,
};
use reqwest::StatusCode;
use tokio::runtime::{Handle, Id};

/// Makes clients that share their connections with all others of their kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        install_tls();
        Ok(HttpClient::new(Pooled { options: options.clone() }))
    }
}

/// Says which cryptography TLS uses, unless the program has said so already.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that the program has chosen one, which is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
    });
}

/// Requests over the connections of the runtime that makes them.
///
/// A connection is served by a task of the runtime that opened it: used from another one, it would
/// die with the first.
#[derive(Debug)]
struct Pooled {
    options: ClientOptions,
}

/// What clients may differ in.
const DIFFERENCES: [ClientConfigKey; 4] = [
    ClientConfigKey::AllowHttp,
    ClientConfigKey::ConnectTimeout,
    ClientConfigKey::NoSystemCertificates,
    ClientConfigKey::ReadTimeout,
];

/// More than a process has runtimes and kinds of clients; those of runtimes that ended go then.
const MOST_CLIENTS: usize = 64;

type Key = (Id, [Option<String>; DIFFERENCES.len()]);

impl Pooled {
    fn client(&self) -> object_store::Result<HttpClient> {
        static CLIENTS: Mutex<Option<HashMap<Key, HttpClient>>> = Mutex::new(None);
        let key = (Handle::current().id(), DIFFERENCES.map(|d| self.options.get_config_value(&d)));
        let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
        let clients = clients.get_or_insert_default();
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        if clients.len() == MOST_CLIENTS {
            clients.clear();
        }
        let client = ReqwestConnector::default().connect(&self.options)?;
        clients.insert(key, client.clone());
        Ok(client)
    }
}

#[async_trait]
impl HttpService for Pooled {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let client =
            self.client().map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let mut response = client.execute(request).await?;
        // `object_store` asks ten times again after a 501, which says that it is of no use.
        if response.status() == StatusCode::NOT_IMPLEMENTED {
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        }
        Ok(response)
    }
}
