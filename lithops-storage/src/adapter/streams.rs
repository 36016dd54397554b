//! Storing a stream in parts, whole or not at all.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use lithops_core::ports::{ByteStream, StorageError};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};
use tokio::runtime::Handle;

use super::errors::Request;

/// At most one part is on its way while the next one gathers.
const PART: usize = 8 * 1024 * 1024;

pub(super) async fn put(
    store: &Arc<dyn ObjectStore>,
    request: &Request<'_>,
    path: &Path,
    mut body: ByteStream,
) -> Result<u64, StorageError> {
    let mut first_part = Vec::new();
    let mut size = 0;
    while size < PART as u64 {
        let Some(chunk) = body.try_next().await? else {
            let payload = PutPayload::from_iter(first_part);
            store.put(path, payload).await.map_err(|error| request.failed(error))?;
            return Ok(size);
        };
        size += chunk.len() as u64;
        first_part.push(chunk);
    }

    let upload = store.put_multipart(path).await.map_err(|error| request.failed(error))?;
    let mut upload = Upload(Some(WriteMultipart::new_with_chunk_size(upload, PART)));
    let rest = write(upload.get(), request, first_part, body).await?;
    upload.finish().await.map_err(|error| request.failed(error))?;
    Ok(size + rest)
}

/// An upload that is aborted, so that the store drops its parts, unless it is finished.
struct Upload(Option<WriteMultipart>);

impl Upload {
    fn get(&mut self) -> &mut WriteMultipart {
        self.0.as_mut().expect("only `finish` and `drop` take it")
    }

    async fn finish(mut self) -> object_store::Result<()> {
        self.get().wait_for_capacity(0).await?;
        // It aborts by itself if the last request fails.
        let Some(upload) = self.0.take() else { return Ok(()) };
        upload.finish().await.map(drop)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let (Some(upload), Ok(runtime)) = (self.0.take(), Handle::try_current()) else { return };
        // The caller has gone or knows what went wrong; a failure to tidy up tells less.
        runtime.spawn(async move {
            if let Err(error) = upload.abort().await {
                tracing::warn!(%error, "an upload was given up and its parts could not be removed");
            }
        });
    }
}

/// Writes both, and returns the size of the second.
async fn write(
    upload: &mut WriteMultipart,
    request: &Request<'_>,
    first_part: Vec<Bytes>,
    mut rest: ByteStream,
) -> Result<u64, StorageError> {
    for chunk in first_part {
        upload.put(chunk);
    }
    let mut size = 0;
    while let Some(chunk) = rest.try_next().await? {
        size += chunk.len() as u64;
        upload.wait_for_capacity(1).await.map_err(|error| request.failed(error))?;
        upload.put(chunk);
    }
    Ok(size)
}
