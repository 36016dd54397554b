//! A storage of the client, as its worker sees it.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageLocation,
};
use lithops_core::wire::{FromRelay, ToRelay};

use super::AT_ONCE;
use super::connection::Connection;
use super::error::{LostError, place, too_large};
use super::pool::{Pool, Unopened};
use super::upload::upload;

/// How many keys are sent at once: the client takes messages of a bounded length.
const KEYS: usize = 1000;

/// A storage that the client lends, through a Unix socket.
///
/// Its location is that of the storage it stands for: what a worker stores through it, the client
/// and others find there. Errors are those of that storage; where the client does not answer, or
/// gives no sign of life for a minute, a request fails with
/// [`Unavailable`](lithops_core::ports::StorageErrorKind::Unavailable) and is not made again. So a
/// [`PutMode::Create`] whose answer is lost may have happened.
///
/// A request costs one round trip over a connection that is kept for the next one. A request that
/// is dropped closes its connection, and the client stops. An object that is read or stored at once
/// is in the memory of both processes whole, one that is streamed up to a mebibyte. One of more than
/// 256 MiB is always streamed to the client, and can't be stored by [`PutMode::Create`]. The client
/// gives no addresses: [`presign`](StorageBackend::presign) is
/// [`Denied`](lithops_core::ports::StorageErrorKind::Denied).
///
/// Clones share their connections.
#[derive(Clone, Debug)]
pub struct RelayStorage {
    pool: Arc<Pool>,
}

impl RelayStorage {
    /// Asks the client at `socket` for a storage; `preamble` is sent first on each connection.
    ///
    /// Blocks for one round trip: the client must not be served by the calling thread.
    ///
    /// # Errors
    /// [`Denied`](lithops_core::ports::StorageErrorKind::Denied) if the client does not lend it,
    /// [`Unavailable`](lithops_core::ports::StorageErrorKind::Unavailable) if it does not answer,
    /// [`Unsupported`](lithops_core::ports::StorageErrorKind::Unsupported) if it speaks another
    /// protocol.
    pub fn open(
        socket: &Path,
        preamble: &[u8],
        location: &StorageLocation,
    ) -> Result<Self, StorageError> {
        Self::ask_for(socket, preamble, location)
            .map_err(|unopened| unopened.of("open", &place(location), location))
    }

    pub(super) fn ask_for(
        socket: &Path,
        preamble: &[u8],
        location: &StorageLocation,
    ) -> Result<Self, Unopened> {
        let pool = Pool::new(socket.to_owned(), preamble.to_vec(), location.clone());
        // On a thread and a runtime of its own: the caller may be inside another, or inside none.
        let asked = std::thread::scope(|scope| {
            let ask = || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.map_err(failed)?.block_on(async {
                    pool.give_back(pool.take().await?);
                    Ok(())
                })
            };
            let thread = std::thread::Builder::new().name("lithops-relay".to_owned());
            let panicked = |_| Err(failed(std::io::Error::other("it panicked")));
            thread.spawn_scoped(scope, ask).map_err(failed)?.join().unwrap_or_else(panicked)
        });
        asked.map(|()| Self { pool: Arc::new(pool) })
    }

    async fn take(&self, operation: &'static str, key: &str) -> Result<Connection, StorageError> {
        let taken = self.pool.take().await;
        taken.map_err(|unopened| unopened.of(operation, key, &self.pool.location))
    }

    /// Makes a request; `expected` takes what is its answer and gives `None` for anything else.
    async fn ask<T>(
        &self,
        operation: &'static str,
        key: &str,
        request: ToRelay,
        expected: impl FnOnce(FromRelay) -> Option<T> + Send,
    ) -> Result<T, StorageError> {
        let creates = matches!(request, ToRelay::Put { mode: PutMode::Create, .. });
        let unanswered = |lost| match creates {
            true => LostError::Created(Box::new(lost)).of(operation, key),
            false => lost.of(operation, key),
        };
        let mut connection = self.take(operation, key).await?;
        let answer = match connection.ask(request).await.map_err(unanswered)? {
            FromRelay::Failed(failure) => Err(failure.into()),
            answer => Ok(expected(answer).ok_or_else(|| unanswered(LostError::OutOfTurn))?),
        };
        self.pool.give_back(connection);
        answer
    }
}

/// Takes the answer that says no more than that.
fn done(answer: FromRelay) -> Option<()> {
    matches!(answer, FromRelay::Done).then_some(())
}

fn failed(error: std::io::Error) -> Unopened {
    Unopened::Lost(LostError::Runtime(error))
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl StorageBackend for RelayStorage {
    fn location(&self) -> StorageLocation {
        self.pool.location.clone()
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        self.ask("capability", "", ToRelay::Capability, |answer| match answer {
            FromRelay::Capability(capability) => Some(capability),
            _ => None,
        })
        .await
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        match mode {
            _ if body.len() <= AT_ONCE => {
                self.ask("put", key, ToRelay::Put { key: key.to_owned(), mode, body }, done).await
            }
            PutMode::Overwrite => {
                self.put_stream(key, stream::iter([Ok(body)]).boxed()).await.map(drop)
            }
            PutMode::Create => Err(too_large(key, body.len())),
        }
    }

    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError> {
        let mut connection = self.take("put_stream", key).await?;
        let stored = upload(&mut connection, key, body).await;
        let stored = stored.map_err(|lost| lost.of("put_stream", key))?;
        if stored.is_whole {
            self.pool.give_back(connection);
        }
        stored.size
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        self.ask("get", key, ToRelay::Get { key: key.to_owned() }, body).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        self.ask("get_range", key, ToRelay::GetRange { key: key.to_owned(), range }, body).await
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        let lost = |lost: LostError| lost.of("get_stream", key);
        let mut connection = self.take("get_stream", key).await?;
        let request = ToRelay::GetStream { key: key.to_owned(), range };
        match connection.ask(request).await.map_err(lost)? {
            FromRelay::Stream(meta) => {
                let body = download(Arc::clone(&self.pool), connection, key.to_owned());
                Ok(ObjectStream { meta, body })
            }
            FromRelay::Failed(failure) => {
                self.pool.give_back(connection);
                Err(failure.into())
            }
            _ => Err(lost(LostError::OutOfTurn)),
        }
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        self.ask("head", key, ToRelay::Head { key: key.to_owned() }, |answer| match answer {
            FromRelay::Meta(meta) => Some(meta),
            _ => None,
        })
        .await
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        let request =
            ToRelay::List { prefix: prefix.to_owned(), after: after.map(ToOwned::to_owned) };
        self.ask("list", prefix, request, |answer| match answer {
            FromRelay::Page(page) => Some(page),
            _ => None,
        })
        .await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        for keys in keys.chunks(KEYS) {
            let first = keys.first().map_or("", String::as_str);
            self.ask("delete", first, ToRelay::Delete { keys: keys.to_vec() }, done).await?;
        }
        Ok(())
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        let request = ToRelay::Copy { from: from.to_owned(), to: to.to_owned() };
        self.ask("copy", from, request, done).await
    }

    async fn presign(
        &self,
        key: &str,
        access: Access,
        valid_for: Duration,
    ) -> Result<String, StorageError> {
        let request = ToRelay::Presign { key: key.to_owned(), access, valid_for };
        self.ask("presign", key, request, |answer| match answer {
            FromRelay::Address(address) => Some(address.expose().to_owned()),
            _ => None,
        })
        .await
    }
}

fn body(answer: FromRelay) -> Option<Bytes> {
    match answer {
        FromRelay::Body(body) => Some(body),
        _ => None,
    }
}

/// The pieces that follow on a connection. It goes back to the pool after the last one.
fn download(pool: Arc<Pool>, connection: Connection, key: String) -> ByteStream {
    let pieces = stream::unfold(Some(connection), move |connection| {
        let (pool, key) = (Arc::clone(&pool), key.clone());
        async move {
            let mut connection = connection?;
            match connection.receive().await {
                Ok(FromRelay::Piece(piece)) => Some((Ok(piece), Some(connection))),
                Ok(FromRelay::End) => {
                    pool.give_back(connection);
                    None
                }
                Ok(FromRelay::Failed(failure)) => {
                    pool.give_back(connection);
                    Some((Err(failure.into()), None))
                }
                Ok(_) => Some((Err(LostError::OutOfTurn.of("get_stream", &key)), None)),
                Err(lost) => Some((Err(lost.of("get_stream", &key)), None)),
            }
        }
    });
    pieces.boxed()
}
