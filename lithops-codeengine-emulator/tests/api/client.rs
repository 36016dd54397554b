//! An emulator with a client that has a token and a project.

use std::sync::Once;
use std::time::{Duration, Instant};

use lithops_codeengine_emulator::{Emulator, Settings};
use reqwest::header::{HeaderMap, IF_MATCH};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// The longest that anything may take.
const BOUND: Duration = Duration::from_secs(30);

pub(crate) const API_KEY: &str = "urn:ibm:params:oauth:grant-type:apikey";

pub(crate) struct Client {
    pub(crate) emulator: Emulator,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
    pub(crate) project: String,
}

/// What a request came to.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// `Null` if there was none.
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of an error's envelope, all of which is checked.
    pub(crate) fn error(&self) -> (u16, &str) {
        let error = &self.body["errors"][0];
        assert_eq!(self.body["status_code"], self.status, "{self:?}");
        assert_eq!(self.body["trace"], self.header("x-global-transaction-id"), "{self:?}");
        assert_eq!(self.header("content-type"), "application/json");
        assert!(!self.message().is_empty(), "{self:?}");
        (self.status, error["code"].as_str().unwrap())
    }

    pub(crate) fn message(&self) -> &str {
        self.body["errors"][0]["message"].as_str().unwrap()
    }

    /// The values of a field of all items of a list.
    pub(crate) fn all(&self, list: &str, field: &str) -> Vec<String> {
        let items = self.body[list].as_array().unwrap();
        items.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
    }
}

impl Client {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let mut client = Self::without_project(settings).await;
        let created = client.post("/projects", json!({"name": "tests"})).await;
        assert_eq!(created.status, 202);
        client.project = created.body["id"].as_str().unwrap().to_owned();
        client
    }

    pub(crate) async fn without_project(settings: Settings) -> Self {
        static TLS: Once = Once::new();
        // Other crates of the workspace have the client speak TLS, which it then wants to be set up.
        TLS.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
        let emulator = Emulator::start(settings).await.unwrap();
        let http = reqwest::Client::builder().timeout(BOUND).build().unwrap();
        let mut client = Self { emulator, http, token: String::new(), project: String::new() };
        client.log_in().await;
        client
    }

    /// Takes a new token.
    pub(crate) async fn log_in(&mut self) -> Reply {
        let reply = self.grant(&[("grant_type", API_KEY), ("apikey", "key")]).await;
        self.token = reply.body["access_token"].as_str().unwrap_or_default().to_owned();
        reply
    }

    pub(crate) async fn grant(&self, form: &[(&str, &str)]) -> Reply {
        let mut body = String::new();
        for (name, value) in form {
            body.push_str(&format!("{name}={value}&"));
        }
        let url = format!("{}/identity/token", self.emulator.url());
        let request = self.http.post(url).body(body.trim_end_matches('&').to_owned());
        send(request.header("content-type", "application/x-www-form-urlencoded")).await.unwrap()
    }

    /// A request with the token. The path is below `/v2`, or below the project if it has no slash.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = match path.strip_prefix('/') {
            Some(path) => path.to_owned(),
            None => format!("projects/{}/{path}", self.project),
        };
        let url = format!("{}/v2/{path}", self.emulator.url());
        self.http.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        send(self.request(Method::GET, path)).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        send(with_json(self.request(Method::POST, path), &body)).await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        send(self.request(Method::DELETE, path)).await.unwrap()
    }

    /// An update, which is conditional.
    pub(crate) async fn update(&self, method: Method, path: &str, tag: &str, body: Value) -> Reply {
        let request = self.request(method, path).header(IF_MATCH, tag);
        send(with_json(request, &body)).await.unwrap()
    }

    /// The reply to `GET`, as soon as it is as it should be.
    pub(crate) async fn until(&self, path: &str, as_expected: impl Fn(&Reply) -> bool) -> Reply {
        let deadline = Instant::now() + BOUND;
        loop {
            let reply = self.get(path).await;
            if as_expected(&reply) {
                return reply;
            }
            assert!(Instant::now() < deadline, "{path} is still {reply:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A request to the emulator itself.
    pub(crate) async fn emulator(&self, method: Method, path: &str, body: Value) -> Reply {
        let url = format!("{}/_emu/{path}", self.emulator.url());
        send(with_json(self.http.request(method, url), &body)).await.unwrap()
    }
}

fn with_json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header("content-type", "application/json").body(body.to_string())
}

pub(crate) async fn send(request: RequestBuilder) -> Result<Reply, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Ok(Reply { status, headers, body })
}
