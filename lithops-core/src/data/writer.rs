//! Writing an object as a stream, with bounded memory.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::stream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{DataError, wait};
use crate::api::CallContext;
use crate::ports::{
    ByteStream, StorageBackend, StorageError, StorageErrorKind, locate, open_storage,
};
use crate::wire::{StorageLocation, StoredObject};

/// What is gathered before it goes on its way.
const PIECE: usize = 256 * 1024;
/// How long a writer that is dropped waits for its upload to be taken back.
const TAKING_BACK: Duration = Duration::from_secs(5);
/// How many pieces may be on their way before the writer waits.
const AHEAD: usize = 4;

/// Writes an object, whole or not at all: a [`Write`] for plain functions, and
/// [`send`](Self::send) for `async` ones.
///
/// Memory is bounded by a few pieces, and one part of a multipart upload. The object is there once
/// [`finish`](Self::finish) has succeeded; a writer that is dropped before leaves nothing.
#[derive(Debug)]
pub struct ObjectWriter {
    location: StorageLocation,
    key: String,
    gathered: BytesMut,
    /// Both are taken when the object is complete.
    pieces: Option<mpsc::Sender<Result<Bytes, StorageError>>>,
    upload: Option<JoinHandle<Result<u64, StorageError>>>,
}

impl ObjectWriter {
    /// Begins to write the object that a URI such as `s3://bucket/key` or a path names, replacing what
    /// is there.
    ///
    /// # Errors
    /// [`DataError::Storage`] if this process can't open the storage.
    pub fn create(uri: &str) -> Result<Self, DataError> {
        let (location, key) = locate(uri)?;
        Ok(Self::start(open_storage(&location)?, key))
    }

    fn start(storage: Arc<dyn StorageBackend>, key: String) -> Self {
        let (pieces, received) = mpsc::channel(AHEAD);
        let location = storage.location();
        let upload = crate::run::runtime().spawn({
            let key = key.clone();
            async move { storage.put_stream(&key, body(received)).await }
        });
        let (pieces, upload) = (Some(pieces), Some(upload));
        Self { location, key, gathered: BytesMut::new(), pieces, upload }
    }

    /// Sends bytes on their way, and waits while too many are.
    ///
    /// # Errors
    /// [`DataError::Storage`] with what the storage refused.
    pub async fn send(&mut self, bytes: impl Into<Bytes>) -> Result<(), DataError> {
        self.flush_gathered().await?;
        self.pass(bytes.into()).await
    }

    /// Waits until the object is stored, and gives its name.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn close(mut self) -> Result<StoredObject, DataError> {
        self.flush_gathered().await?;
        // Said before the stream ends: without it the object is not wanted. Where nobody takes it
        // any more, the upload has failed, and knows why.
        if let Some(pieces) = self.pieces.take() {
            pieces.send(Ok(Bytes::new())).await.ok();
        }
        let size = self.join().await?;
        let (storage, key) = (self.location.clone(), std::mem::take(&mut self.key));
        Ok(StoredObject { storage, key, size, version: None })
    }

    /// Waits until the object is stored, and gives its name; blocks.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn finish(self) -> Result<StoredObject, DataError> {
        wait(self.close())
    }

    async fn flush_gathered(&mut self) -> Result<(), DataError> {
        let gathered = self.gathered.split().freeze();
        self.pass(gathered).await
    }

    async fn pass(&mut self, bytes: Bytes) -> Result<(), DataError> {
        if bytes.is_empty() {
            return Ok(());
        }
        if let Some(pieces) = &self.pieces
            && pieces.send(Ok(bytes)).await.is_ok()
        {
            return Ok(());
        }
        // Nobody takes more: the upload has ended, and knows why.
        self.join().await?;
        Err(ended_early(&self.key).into())
    }

    async fn join(&mut self) -> Result<u64, DataError> {
        let Some(upload) = self.upload.take() else { return Err(ended_early(&self.key).into()) };
        match upload.await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(ended_early(&self.key).into()),
        }
    }
}

impl Drop for ObjectWriter {
    fn drop(&mut self) {
        // The stream breaks off here, and the upload takes back what it has stored. A worker may be
        // ended at once after its call, so a plain function sees to it that this has happened.
        self.pieces = None;
        if let Some(upload) = self.upload.take()
            && tokio::runtime::Handle::try_current().is_err()
        {
            wait(async { tokio::time::timeout(TAKING_BACK, upload).await }).ok();
        }
    }
}

impl Write for ObjectWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= PIECE {
            wait(self.flush_gathered())?;
        }
        Ok(bytes.len())
    }

    /// Sends on what was gathered; the object is there only after [`finish`](ObjectWriter::finish).
    fn flush(&mut self) -> io::Result<()> {
        Ok(wait(self.flush_gathered())?)
    }
}

impl CallContext {
    /// Begins to write a large result to the job's storage: the object that
    /// [`finish`](ObjectWriter::finish) gives is small, and other calls read the bytes from storage
    /// without the client in between. It stays until it is [deleted](StoredObject::delete).
    ///
    /// # Errors
    /// [`DataError::NoStorage`] if the worker has none.
    pub fn writer(&self) -> Result<ObjectWriter, DataError> {
        let storage = self.storage().ok_or(DataError::NoStorage)?;
        Ok(ObjectWriter::start(Arc::clone(storage), self.unique_key()))
    }
}

/// The pieces until the empty one, which says that all are there; without it the stream fails, so
/// that half an object is never stored.
fn body(received: mpsc::Receiver<Result<Bytes, StorageError>>) -> ByteStream {
    stream::unfold(Some(received), |received| async {
        let mut received = received?;
        match received.recv().await {
            Some(Ok(piece)) if piece.is_empty() => None,
            Some(Ok(piece)) => Some((Ok(piece), Some(received))),
            Some(Err(error)) => Some((Err(error), None)),
            None => Some((Err(ended_early("")), None)),
        }
    })
    .boxed()
}

fn ended_early(key: &str) -> StorageError {
    StorageError {
        kind: StorageErrorKind::Unavailable,
        store: "writer",
        operation: "put_stream",
        key: key.to_owned(),
        source: Some("the writer or the upload ended before all bytes were there".into()),
    }
}
