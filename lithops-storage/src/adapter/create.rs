//! Creating an object that must not exist yet, in stores that may only pretend to.

use std::sync::Arc;

use bytes::Bytes;
use lithops_core::ports::{StorageError, StorageErrorKind};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use tokio::sync::OnceCell;

use super::errors::Request;

/// How a store creates.
#[derive(Clone)]
pub(crate) struct Creation {
    /// Asks once for each call: of a request that was asked twice by itself, nobody would know
    /// whether it found its own object.
    store: Arc<dyn ObjectStore>,
    /// What the probe has shown; `None` for a store that is known to create as it should.
    probed: Option<Arc<OnceCell<bool>>>,
}

impl Creation {
    #[cfg(any(feature = "memory", feature = "gcs", feature = "azure"))]
    pub(crate) fn sure(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, probed: None }
    }

    /// Of a place that is asked first: `probed` is shared by all handles to it.
    #[cfg(feature = "cloud")]
    pub(crate) fn probed(store: Arc<dyn ObjectStore>, probed: Arc<OnceCell<bool>>) -> Self {
        Self { store, probed: Some(probed) }
    }

    /// Whether a second creator is refused.
    pub(crate) async fn is_sure(&self, name: &'static str) -> Result<bool, StorageError> {
        let Some(probed) = &self.probed else { return Ok(true) };
        let ask = async {
            let store = Arc::clone(&self.store);
            // A task of its own: who stops waiting must not leave the probe's object behind.
            let probe = tokio::spawn(async move { probe(name, &store).await });
            probe.await.unwrap_or_else(|error| {
                let request = Request { store: name, operation: "capability", key: "".into() };
                Err(request.error(StorageErrorKind::Unavailable, Some(error.into())))
            })
        };
        probed.get_or_try_init(|| ask).await.copied()
    }

    pub(crate) async fn create(
        &self,
        request: &Request<'_>,
        path: &Path,
        body: Bytes,
    ) -> Result<(), StorageError> {
        if !self.is_sure(request.store).await? {
            let why = "this store overwrites, or refuses a request to create: write keys that \
                       nobody else writes";
            return Err(request.error(StorageErrorKind::Unsupported, Some(why.into())));
        }
        create(&self.store, path, body).await.map_err(|error| request.failed(error))
    }
}

async fn create(
    store: &Arc<dyn ObjectStore>,
    path: &Path,
    body: Bytes,
) -> object_store::Result<()> {
    let options = PutOptions::from(PutMode::Create);
    store.put_opts(path, PutPayload::from(body), options).await.map(drop)
}

/// Creates an object twice, and deletes it.
async fn probe(name: &'static str, store: &Arc<dyn ObjectStore>) -> Result<bool, StorageError> {
    let key = format!("lithops-probe-{:032x}", rand::random::<u128>());
    let request = Request { store: name, operation: "capability", key: key.clone().into() };
    let path = Path::from(key);
    let sure = match create(store, &path, Bytes::new()).await.map_err(|e| request.failed(e)) {
        Err(error) if error.kind == StorageErrorKind::Unsupported => return Ok(false),
        Err(error) => Err(error),
        Ok(()) => match create(store, &path, Bytes::new()).await {
            Ok(()) => Ok(false),
            Err(Error::AlreadyExists { .. }) => Ok(true),
            Err(error) => Err(request.failed(error)),
        },
    };
    // Also where the first creator saw an error: it may have come after the deed.
    match store.delete(&path).await {
        Ok(()) | Err(Error::NotFound { .. }) => sure,
        Err(error) => sure.and(Err(request.failed(error))),
    }
}
