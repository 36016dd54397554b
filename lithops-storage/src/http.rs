//! What a web server gives, as objects to read.

mod answer;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageErrorKind, StorageLocation,
};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
};
use reqwest::header::{ACCEPT_ENCODING, ACCEPT_RANGES, HeaderValue, RANGE};
use reqwest::{Method, StatusCode, Url};

use crate::cloud::{Connector, Network, body_within, client_options};
use crate::open::{OpenError, cannot_open, setting};
use answer::{ContentRange, content_length, version};

pub(crate) const SCHEME: &str = "http";
const ORIGIN: &str = "origin";

/// What a web server gives, as objects to read.
///
/// A key is what follows the server in an address: path and query, percent-encoded as there. Sizes
/// are [`ObjectMeta::UNKNOWN_SIZE`] where the server does not tell them; versions are `ETag`s, else
/// the time of the last change. A part of an object is given only if the server knows ranges, and
/// is [`StorageErrorKind::Unsupported`] otherwise. Nothing can be written, listed or deleted.
///
/// A request is made once: wrap it in [`RetryingStorage`](crate::layers::RetryingStorage), as
/// [`open`](crate::open) does.
///
/// ```
/// use lithops_storage::HttpStorage;
///
/// # fn main() -> Result<(), lithops_core::ports::StorageError> {
/// let (location, key) = lithops_storage::locate("http://127.0.0.1:8000/a/b.csv?year=1815")?;
/// assert_eq!(location.settings["origin"], "http://127.0.0.1:8000");
/// assert_eq!(key, "a/b.csv?year=1815");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HttpStorage {
    origin: String,
    client: Arc<HttpClient>,
}

impl HttpStorage {
    /// Makes a storage of a web server, such as `https://host:port`; asks nobody.
    ///
    /// # Errors
    /// [`StorageErrorKind::Unsupported`] if this is no address of a server, or holds a password,
    /// which would be seen by all who see the address.
    pub fn new(origin: &str) -> Result<Self, StorageError> {
        let invalid = |reason: &str| cannot_open(origin, OpenError::Address(reason.to_owned()));
        let url = Url::parse(origin).map_err(|error| invalid(&error.to_string()))?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(invalid("it begins with neither `http://` nor `https://`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let address = url.host_str().unwrap_or_default();
            let reason = "a user or password in an address would be seen by all who see it";
            return Err(cannot_open(address, OpenError::Address(reason.to_owned())));
        }
        if url.path() != "/" || url.query().is_some() {
            return Err(invalid("a path belongs into the key"));
        }
        let origin = origin.trim_end_matches('/').to_owned();
        let options = client_options(Network::default(), Some("http://"));
        let client = Connector.connect(&options);
        let client = client.map_err(|error| cannot_open(&origin, error.into()))?;
        Ok(Self { origin, client: Arc::new(client) })
    }

    pub(crate) fn at(location: &StorageLocation) -> Result<Self, StorageError> {
        Self::new(setting(location, ORIGIN)?)
    }

    /// Asks whether parts of an object can be read.
    ///
    /// One request, or two if the server does not say by itself.
    ///
    /// # Errors
    /// As [`head`](StorageBackend::head).
    pub async fn accepts_ranges(&self, key: &str) -> Result<bool, StorageError> {
        let request = Asked { operation: "head", key };
        let response = self.send(&request, Method::HEAD, None).await?;
        let says = response.headers().get(ACCEPT_RANGES).filter(|_| response.status().is_success());
        match says.map(HeaderValue::as_bytes) {
            Some(b"bytes") => Ok(true),
            Some(b"none") => Ok(false),
            _ => {
                let response = self.send(&request, Method::GET, Some(0..1)).await?;
                match response.status() {
                    // An empty object has no first byte, which only a server of ranges would say.
                    StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => Ok(true),
                    StatusCode::OK => Ok(false),
                    status => Err(request.refused(status)),
                }
            }
        }
    }

    async fn send(
        &self,
        asked: &Asked<'_>,
        method: Method,
        range: Option<Range<u64>>,
    ) -> Result<HttpResponse, StorageError> {
        let url = Url::parse(&format!("{}/{}", self.origin, asked.key));
        let mut url = url.map_err(|error| asked.error(StorageErrorKind::InvalidKey, error))?;
        url.set_fragment(None);
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = method;
        *request.uri_mut() = url
            .as_str()
            .parse()
            .map_err(|_| asked.error(StorageErrorKind::InvalidKey, "it is no address"))?;
        // A packed answer has another length, and other ranges.
        let headers = request.headers_mut();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(range) = range {
            let range = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
            let range = HeaderValue::try_from(range);
            let range =
                range.map_err(|error| asked.error(StorageErrorKind::InvalidRange, error))?;
            headers.insert(RANGE, range);
        }
        self.client.execute(request).await.map_err(|error| asked.unanswered(error))
    }

    /// The object's size and version, by its first byte: for servers that refuse `HEAD`.
    async fn first_byte(&self, asked: &Asked<'_>) -> Result<ObjectMeta, StorageError> {
        let response = self.send(asked, Method::GET, Some(0..1)).await?;
        let size = match response.status() {
            StatusCode::OK => content_length(response.headers()),
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                ContentRange::of(response.headers()).and_then(|range| range.total)
            }
            status => return Err(asked.refused(status)),
        };
        Ok(asked.meta(size, &response))
    }

    /// An answer that has just the bytes of `range`.
    async fn ranged(
        &self,
        asked: &Asked<'_>,
        range: Range<u64>,
    ) -> Result<(ObjectMeta, HttpResponse), StorageError> {
        let response = self.send(asked, Method::GET, Some(range.clone())).await?;
        let outside = || asked.error(StorageErrorKind::InvalidRange, "it reaches past the end");
        match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let given = ContentRange::of(response.headers());
                let total = given.as_ref().and_then(|given| given.total);
                match given.and_then(|given| given.bytes) {
                    Some(bytes) if bytes == range => Ok((asked.meta(total, &response), response)),
                    Some(bytes) if bytes.start == range.start && bytes.end < range.end => {
                        Err(outside())
                    }
                    _ => Err(asked.error(
                        StorageErrorKind::Unsupported,
                        "the server gave another range than it was asked for",
                    )),
                }
            }
            StatusCode::RANGE_NOT_SATISFIABLE => Err(outside()),
            // All of it, which may be just what was wanted.
            StatusCode::OK => match content_length(response.headers()) {
                Some(size) if range == (0..size) => {
                    Ok((asked.meta(Some(size), &response), response))
                }
                Some(size) if range.end > size => Err(outside()),
                _ => Err(asked.error(
                    StorageErrorKind::Unsupported,
                    "the server gives no ranges: read the object whole",
                )),
            },
            status => Err(asked.refused(status)),
        }
    }

    async fn whole(&self, asked: &Asked<'_>) -> Result<(ObjectMeta, HttpResponse), StorageError> {
        let response = self.send(asked, Method::GET, None).await?;
        match response.status() {
            StatusCode::OK => {
                let size = content_length(response.headers());
                Ok((asked.meta(size, &response), response))
            }
            status => Err(asked.refused(status)),
        }
    }

    async fn found(
        &self,
        asked: &Asked<'_>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectMeta, Option<HttpResponse>), StorageError> {
        match range {
            None => self.whole(asked).await.map(|(meta, response)| (meta, Some(response))),
            // No server answers an empty range, so only the size can tell whether it lies inside.
            Some(range) if range.is_empty() => {
                let meta = self.head(asked.key).await?;
                if range.start != range.end || range.end > meta.size {
                    let why = "it reaches past the end";
                    return Err(asked.error(StorageErrorKind::InvalidRange, why));
                }
                Ok((meta, None))
            }
            Some(range) => {
                self.ranged(asked, range).await.map(|(meta, response)| (meta, Some(response)))
            }
        }
    }

    async fn read(
        &self,
        asked: &Asked<'_>,
        range: Option<Range<u64>>,
    ) -> Result<Bytes, StorageError> {
        let most = range.as_ref().map(|range| range.end.saturating_sub(range.start));
        let (_, response) = self.found(asked, range).await?;
        let Some(response) = response else { return Ok(Bytes::new()) };
        let body = match most {
            Some(most) => body_within(response, most).await,
            // An object is as long as its server gives bytes of it.
            None => response.into_body().bytes().await,
        };
        body.map_err(|error| asked.unanswered(error))
    }
}

/// The location of the web server that an address names, and the rest as the key.
pub(crate) fn locate(uri: &str) -> Result<(StorageLocation, String), StorageError> {
    let (scheme, rest) = uri.split_once("://").unwrap_or((SCHEME, uri));
    // A fragment is for who reads the object, not for the server.
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, key) = rest.split_at(end);
    let origin = format!("{scheme}://{host}");
    let storage = HttpStorage::new(&origin)?;
    Ok((storage.location(), key.strip_prefix('/').unwrap_or(key).to_owned()))
}

/// The request that an answer is for.
struct Asked<'a> {
    operation: &'static str,
    key: &'a str,
}

impl Asked<'_> {
    fn error(
        &self,
        kind: StorageErrorKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> StorageError {
        // A query may hold the signature of an address that was signed.
        let key = self.key.split('?').next().unwrap_or_default().to_owned();
        let operation = self.operation;
        StorageError { kind, store: SCHEME, operation, key, source: Some(source.into()) }
    }

    fn refused(&self, status: StatusCode) -> StorageError {
        let kind = match status.as_u16() {
            404 | 410 => StorageErrorKind::NotFound,
            401 | 403 | 407 => StorageErrorKind::Denied,
            408 | 429 | 500..=599 => StorageErrorKind::Unavailable,
            _ => StorageErrorKind::Unsupported,
        };
        self.error(kind, format!("the server answered {status}"))
    }

    fn unanswered(&self, error: HttpError) -> StorageError {
        let unknown_host = error.kind() == HttpErrorKind::Connect
            && std::iter::successors(Some(&error as &dyn std::error::Error), |e| e.source())
                .any(|error| error.to_string().starts_with("dns error"));
        let kind =
            if unknown_host { StorageErrorKind::NoPlace } else { StorageErrorKind::Unavailable };
        self.error(kind, error)
    }

    fn meta(&self, size: Option<u64>, response: &HttpResponse) -> ObjectMeta {
        ObjectMeta {
            key: self.key.to_owned(),
            size: size.unwrap_or(ObjectMeta::UNKNOWN_SIZE),
            version: version(response.headers()),
            modified: None,
        }
    }

    fn read_only<T>(&self) -> Result<T, StorageError> {
        Err(self.error(StorageErrorKind::Unsupported, "a web server is here to be read, by key"))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl StorageBackend for HttpStorage {
    fn location(&self) -> StorageLocation {
        let settings = BTreeMap::from([(ORIGIN.to_owned(), self.origin.clone())]);
        StorageLocation { scheme: SCHEME.to_owned(), settings }
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        Ok(StorageCapability { create_if_absent: false, presign: false, write_and_list: false })
    }

    async fn put(&self, key: &str, _body: Bytes, _mode: PutMode) -> Result<(), StorageError> {
        Asked { operation: "put", key }.read_only()
    }

    async fn put_stream(&self, key: &str, _body: ByteStream) -> Result<u64, StorageError> {
        Asked { operation: "put_stream", key }.read_only()
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        self.read(&Asked { operation: "get", key }, None).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        self.read(&Asked { operation: "get_range", key }, Some(range)).await
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        let (meta, response) = self.found(&Asked { operation: "get_stream", key }, range).await?;
        let Some(response) = response else {
            return Ok(ObjectStream { meta, body: stream::empty().boxed() });
        };
        let key = key.to_owned();
        let body = response
            .into_body()
            .bytes_stream()
            .map_err(move |error| Asked { operation: "get_stream", key: &key }.unanswered(error));
        Ok(ObjectStream { meta, body: body.boxed() })
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        let asked = Asked { operation: "head", key };
        let response = self.send(&asked, Method::HEAD, None).await?;
        match response.status() {
            StatusCode::OK => Ok(asked.meta(content_length(response.headers()), &response)),
            // Signed addresses are good for one method, and some servers know no other than GET.
            StatusCode::BAD_REQUEST
            | StatusCode::FORBIDDEN
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_IMPLEMENTED => self.first_byte(&asked).await,
            status => Err(asked.refused(status)),
        }
    }

    async fn list(&self, prefix: &str, _after: Option<&str>) -> Result<ListPage, StorageError> {
        Asked { operation: "list", key: prefix }.read_only()
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        let key = keys.first().map_or("", String::as_str);
        Asked { operation: "delete", key }.read_only()
    }

    async fn copy(&self, from: &str, _to: &str) -> Result<(), StorageError> {
        Asked { operation: "copy", key: from }.read_only()
    }

    async fn presign(
        &self,
        key: &str,
        _access: Access,
        _valid_for: Duration,
    ) -> Result<String, StorageError> {
        Asked { operation: "presign", key }.read_only()
    }
}
