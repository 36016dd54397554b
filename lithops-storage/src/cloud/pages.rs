//! Listing by pages, through the stores that `object_store` can list so.

use std::sync::Arc;

use async_trait::async_trait;
use lithops_core::ports::{ListPage, StorageError};
use object_store::list::{PaginatedListOptions, PaginatedListStore};

use crate::adapter::{Pages, Request, object_meta};

/// Pages of a store. A key with an empty segment fails the page that it is on.
pub(crate) struct PagedStore<S>(pub(crate) Arc<S>);

#[async_trait]
impl<S: PaginatedListStore> Pages for PagedStore<S> {
    async fn page(
        &self,
        request: &Request<'_>,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<ListPage, StorageError> {
        let mut objects = Vec::new();
        let mut token = None;
        loop {
            let options = PaginatedListOptions {
                offset: after.filter(|after| !after.is_empty()).map(str::to_owned),
                max_keys: Some(ListPage::MAX - objects.len()),
                page_token: token.take(),
                ..PaginatedListOptions::default()
            };
            let prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
            let page = self.0.list_paginated(prefix, options).await;
            let page = page.map_err(|error| request.failed(error))?;
            let listed = page.result.objects.iter();
            objects.extend(listed.map(|meta| object_meta(meta.location.to_string(), meta)));
            token = page.page_token;
            // A page may be short, even empty, and yet not be the last.
            if token.is_none() || objects.len() >= ListPage::MAX {
                return Ok(ListPage { objects, more: token.is_some() });
            }
        }
    }
}
