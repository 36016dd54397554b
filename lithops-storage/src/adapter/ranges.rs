//! Exact ranges out of stores that shorten a range without a word.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use lithops_core::ports::{StorageError, StorageErrorKind};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt};

use super::errors::Request;

/// The answer to a range request.
pub(super) enum Found {
    /// The range is empty, and lies inside this object.
    Empty(ObjectMeta),
    /// The range, exactly.
    Some(GetResult),
}

pub(super) async fn get(
    store: &Arc<dyn ObjectStore>,
    request: &Request<'_>,
    path: &Path,
    range: Range<u64>,
) -> Result<Bytes, StorageError> {
    match find(store, request, path, range).await? {
        Found::Empty(_) => Ok(Bytes::new()),
        Found::Some(found) => found.bytes().await.map_err(|error| request.failed(error)),
    }
}

pub(super) async fn find(
    store: &Arc<dyn ObjectStore>,
    request: &Request<'_>,
    path: &Path,
    range: Range<u64>,
) -> Result<Found, StorageError> {
    // No store answers an empty range, so only the size can tell whether it lies inside.
    if range.is_empty() {
        let meta = head(store, request, path).await?;
        let inside = range.start == range.end && range.end <= meta.size;
        return if inside { Ok(Found::Empty(meta)) } else { Err(outside(request)) };
    }
    let options =
        GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
    match store.get_opts(path, options).await {
        Ok(found) if found.range != range => Err(outside(request)),
        Ok(found) => Ok(Found::Some(found)),
        // A start past the end is an error without a kind of its own.
        Err(error @ object_store::Error::Generic { .. }) => {
            let size = head(store, request, path).await?.size;
            Err(if range.end > size { outside(request) } else { request.failed(error) })
        }
        Err(error) => Err(request.failed(error)),
    }
}

async fn head(
    store: &Arc<dyn ObjectStore>,
    request: &Request<'_>,
    path: &Path,
) -> Result<ObjectMeta, StorageError> {
    store.head(path).await.map_err(|error| request.failed(error))
}

fn outside(request: &Request<'_>) -> StorageError {
    request.error(StorageErrorKind::InvalidRange, None)
}
