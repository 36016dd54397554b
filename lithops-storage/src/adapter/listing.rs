//! Listing by any prefix, in key order, over stores that list whole segments in their own order.

#[cfg(feature = "memory")]
use std::collections::BTreeMap;
use std::sync::Arc;

#[cfg(feature = "cloud")]
use async_trait::async_trait;
#[cfg(feature = "memory")]
use futures::TryStreamExt;
use lithops_core::ports::{ListPage, StorageError};
#[cfg(feature = "memory")]
use object_store::{ObjectStore, Result, path::Path};

use super::Request;
#[cfg(feature = "memory")]
use super::object_meta;

/// How a store lists.
pub(crate) enum Listing {
    /// By reading all of the folder that holds the prefix.
    #[cfg(feature = "memory")]
    Walk(Arc<dyn ObjectStore>),
    /// By asking for just the page.
    #[cfg(feature = "cloud")]
    Paged(Arc<dyn Pages>),
}

/// A store that lists by any prefix, from a key on.
#[cfg(feature = "cloud")]
#[async_trait]
pub(crate) trait Pages: Send + Sync {
    async fn page(
        &self,
        request: &Request<'_>,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<ListPage, StorageError>;
}

impl Listing {
    pub(crate) async fn page(
        &self,
        request: &Request<'_>,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<ListPage, StorageError> {
        match self {
            #[cfg(feature = "memory")]
            Self::Walk(store) => {
                walk(store, prefix, after).await.map_err(|error| request.failed(error))
            }
            #[cfg(feature = "cloud")]
            Self::Paged(pages) => pages.page(request, prefix, after).await,
        }
    }
}

/// Reads all of the folder that holds `prefix` and keeps the first page of what matches.
#[cfg(feature = "memory")]
async fn walk(store: &Arc<dyn ObjectStore>, prefix: &str, after: Option<&str>) -> Result<ListPage> {
    let folder = prefix.rfind('/').map_or("", |slash| &prefix[..slash]);
    // A prefix that is no path is the prefix of no key.
    let Ok(folder) = Path::parse(folder) else { return Ok(ListPage::default()) };

    let mut objects = store.list(Some(&folder));
    let mut first = BTreeMap::new();
    while let Some(object) = objects.try_next().await? {
        let key = object.location.as_ref();
        if !key.starts_with(prefix) || after.is_some_and(|after| key <= after) {
            continue;
        }
        first.insert(key.to_owned(), object.clone());
        // One more than a page, to know whether another follows.
        if first.len() > ListPage::MAX + 1 {
            first.pop_last();
        }
    }
    let more = first.len() > ListPage::MAX;
    let objects = first.into_iter().take(ListPage::MAX);
    Ok(ListPage { objects: objects.map(|(key, meta)| object_meta(key, &meta)).collect(), more })
}
