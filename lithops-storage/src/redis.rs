//! Objects in a Redis server.

mod bounds;
mod chunks;
mod config;
mod connection;
mod errors;
mod scripts;
mod worker;

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

use crate::key::parse_key;
use chunks::{CHUNK, Found, Place};
pub use config::RedisConfig;
pub(crate) use config::locate;
use connection::Connection;
use errors::Request;
pub(crate) use worker::worker_section;

pub(crate) const SCHEME: &str = "redis";

/// How many keys are deleted by one request.
const DELETE_BATCH: usize = 500;

/// How often a reader begins anew when the object is replaced under its hands.
const TRIES: usize = 8;

/// Objects in a Redis server (6.2 or later), for small objects and quick exchange.
///
/// An object is a hash and chunks of at most 4 MiB, beside one sorted set of all keys; scripts
/// change the three together, so that an object appears, changes and goes at once. Of several
/// creators of a key one wins. All of it is in the server's memory, and lasts as long as the server
/// is set to keep it. With a Redis Cluster it works only if the prefix has a hash tag,
/// as `{lithops}`.
///
/// A stream under way that is cut off leaves chunks behind, which the server drops after a day.
/// A reader of an object of several chunks that is replaced meanwhile is told
/// [`StorageErrorKind::Changed`].
///
/// ```no_run
/// use lithops_core::ports::{PutMode, StorageBackend};
/// use lithops_storage::{RedisConfig, RedisStorage};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lithops_core::ports::StorageError> {
/// let storage = RedisStorage::new(RedisConfig::new("redis://127.0.0.1:6379"))?;
/// storage.put("greeting", "hello".into(), PutMode::Overwrite).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RedisStorage {
    place: Arc<Place>,
    location: StorageLocation,
}

impl RedisStorage {
    /// Makes a storage on a server; asks it nothing yet.
    ///
    /// # Errors
    /// [`StorageErrorKind::Unsupported`] if the address can't be used.
    pub fn new(config: RedisConfig) -> Result<Self, StorageError> {
        config.remember();
        let connection = Connection::new(config.client()?);
        let place = Arc::new(Place::new(connection, &config.prefix));
        Ok(Self { place, location: config.location() })
    }

    pub(crate) fn at(location: &StorageLocation) -> Result<Self, StorageError> {
        Self::new(RedisConfig::at(location)?)
    }

    /// What a request is called in errors, if its key can be used at all.
    fn request(operation: &'static str, key: &str) -> Result<Request, StorageError> {
        parse_key(SCHEME, operation, key)?;
        Ok(Request::new(operation, key))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl StorageBackend for RedisStorage {
    fn location(&self) -> StorageLocation {
        self.location.clone()
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        Ok(StorageCapability { create_if_absent: true, presign: false, write_and_list: true })
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        let request = Self::request("put", key)?;
        if body.len() <= CHUNK {
            return self.place.write_small(&request, key, &body, mode).await;
        }
        let body = stream::iter([Ok(body)]).boxed();
        self.place.write_stream(&request, key, body, mode).await.map(drop)
    }

    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError> {
        let request = Self::request("put_stream", key)?;
        self.place.write_stream(&request, key, body, PutMode::Overwrite).await
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        let request = Self::request("get", key)?;
        read_whole(&self.place, &request, key, None).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        let request = Self::request("get_range", key)?;
        read_whole(&self.place, &request, key, Some(range)).await
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        let request = Self::request("get_stream", key)?;
        let found = self.place.find(&request, key, range).await?;
        let meta = found.meta(key);
        Ok(ObjectStream { meta, body: self.place.body(request, found) })
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        let request = Self::request("head", key)?;
        let found = self.place.find(&request, key, Some(0..0)).await?;
        Ok(found.meta(key))
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        self.place.list(&Request::new("list", prefix), prefix, after).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        for key in keys {
            Self::request("delete", key)?;
        }
        for batch in keys.chunks(DELETE_BATCH) {
            self.place.delete(&Request::new("delete", &batch[0]), batch).await?;
        }
        Ok(())
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        let request = Self::request("copy", from)?;
        Self::request("copy", to)?;
        self.place.copy(&request, from, to).await
    }

    async fn presign(
        &self,
        key: &str,
        _access: Access,
        _valid_for: Duration,
    ) -> Result<String, StorageError> {
        Err(Self::request("presign", key)?.error(StorageErrorKind::Unsupported))
    }
}

/// Reads into one piece, from the beginning if the object is replaced meanwhile.
async fn read_whole(
    place: &Arc<Place>,
    request: &Request,
    key: &str,
    range: Option<Range<u64>>,
) -> Result<Bytes, StorageError> {
    let mut tries = 1;
    loop {
        let found: Found = place.find(request, key, range.clone()).await?;
        if let Some(bytes) = found.first_bytes() {
            return Ok(bytes);
        }
        let pieces: Result<Vec<Bytes>, _> = place.body(request.clone(), found).try_collect().await;
        match pieces {
            Ok(pieces) => return Ok(pieces.concat().into()),
            Err(error) if error.kind == StorageErrorKind::Changed && tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}
