//! Any store of the crate `object_store`, seen through our port.

mod create;
mod delegate;
mod errors;
mod listing;
mod ranges;
mod streams;

use std::fmt;
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
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::key::parse_key;
pub(crate) use create::Creation;
pub(crate) use delegate::storage_by_adapter;
pub(crate) use errors::Request;
pub(crate) use listing::Listing;
#[cfg(feature = "cloud")]
pub(crate) use listing::Pages;

/// One store and how another process opens it.
pub(crate) struct Adapter {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) creation: Creation,
    pub(crate) listing: Listing,
    #[cfg(feature = "cloud")]
    pub(crate) signer: Option<Arc<dyn object_store::signer::Signer>>,
    pub(crate) location: StorageLocation,
}

/// By the location alone: the stores of `object_store` show some of their secrets.
impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").field("location", &self.location).finish_non_exhaustive()
    }
}

impl Adapter {
    fn signs(&self) -> bool {
        #[cfg(feature = "cloud")]
        return self.signer.is_some();
        #[cfg(not(feature = "cloud"))]
        false
    }

    fn request<'a>(
        &self,
        operation: &'static str,
        key: &'a str,
    ) -> Result<(Request<'a>, Path), StorageError> {
        let path = parse_key(self.name, operation, key)?;
        Ok((Request { store: self.name, operation, key: key.into() }, path))
    }
}

#[async_trait]
impl StorageBackend for Adapter {
    fn location(&self) -> StorageLocation {
        self.location.clone()
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        Ok(StorageCapability {
            create_if_absent: self.creation.is_sure(self.name).await?,
            presign: self.signs(),
            write_and_list: true,
        })
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        let (request, path) = self.request("put", key)?;
        match mode {
            PutMode::Overwrite => {
                let put = self.store.put(&path, body.into()).await;
                put.map(drop).map_err(|error| request.failed(error))
            }
            PutMode::Create => self.creation.create(&request, &path, body).await,
        }
    }

    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError> {
        let (request, path) = self.request("put_stream", key)?;
        streams::put(&self.store, &request, &path, body).await
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        let (request, path) = self.request("get", key)?;
        let read = async { self.store.get(&path).await?.bytes().await };
        read.await.map_err(|error| request.failed(error))
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        let (request, path) = self.request("get_range", key)?;
        ranges::get(&self.store, &request, &path, range).await
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        let (request, path) = self.request("get_stream", key)?;
        let found = match range {
            None => self.store.get(&path).await.map_err(|error| request.failed(error))?,
            Some(range) => match ranges::find(&self.store, &request, &path, range).await? {
                ranges::Found::Empty(meta) => {
                    let meta = object_meta(key.to_owned(), &meta);
                    return Ok(ObjectStream { meta, body: stream::empty().boxed() });
                }
                ranges::Found::Some(found) => found,
            },
        };
        let meta = object_meta(key.to_owned(), &found.meta);
        let request = request.into_owned();
        let body = found.into_stream().map_err(move |error| request.failed(error)).boxed();
        Ok(ObjectStream { meta, body })
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        let (request, path) = self.request("head", key)?;
        let meta = self.store.head(&path).await.map_err(|error| request.failed(error))?;
        Ok(object_meta(key.to_owned(), &meta))
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        let request = Request { store: self.name, operation: "list", key: prefix.into() };
        self.listing.page(&request, prefix, after).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        let paths = keys.iter().map(|key| parse_key(self.name, "delete", key).map(Ok));
        let paths = paths.collect::<Result<Vec<_>, StorageError>>()?;
        let mut outcomes = self.store.delete_stream(stream::iter(paths).boxed());
        let mut first_failure = Ok(());
        while let Some(outcome) = outcomes.next().await {
            let Err(error) = outcome else { continue };
            let key = keys.first().map_or("", String::as_str).into();
            let request = Request { store: self.name, operation: "delete", key };
            let error = request.failed(error);
            if error.kind != StorageErrorKind::NotFound && first_failure.is_ok() {
                first_failure = Err(error);
            }
        }
        first_failure
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        let (request, from) = self.request("copy", from)?;
        let (_, to) = self.request("copy", to)?;
        // S3 refuses what would change nothing.
        if from == to {
            return self.store.head(&from).await.map(drop).map_err(|error| request.failed(error));
        }
        self.store.copy(&from, &to).await.map_err(|error| request.failed(error))
    }

    async fn presign(
        &self,
        key: &str,
        access: Access,
        valid_for: Duration,
    ) -> Result<String, StorageError> {
        let (request, path) = self.request("presign", key)?;
        #[cfg(feature = "cloud")]
        if let Some(signer) = &self.signer {
            let method = match access {
                Access::Read => reqwest::Method::GET,
                Access::Write => reqwest::Method::PUT,
            };
            let signed = signer.signed_url(method, &path, valid_for).await;
            return signed.map(String::from).map_err(|error| request.failed(error));
        }
        let why = format!(
            "no address for {access:?} of {path} for {valid_for:?}: this storage, or this kind of \
             credential, makes none"
        );
        Err(request.error(StorageErrorKind::Unsupported, Some(why.into())))
    }
}

pub(crate) fn object_meta(key: String, meta: &object_store::ObjectMeta) -> ObjectMeta {
    // Where there is no tag, the time of the last change is the next best thing.
    let version = meta.e_tag.clone().unwrap_or_else(|| meta.last_modified.to_rfc3339());
    let modified = u64::try_from(meta.last_modified.timestamp()).ok();
    ObjectMeta { key, size: meta.size, version: Some(version), modified }
}
