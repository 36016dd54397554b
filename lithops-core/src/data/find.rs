//! Finding what a URI, a path, a prefix or a pattern names.

use std::sync::Arc;

use glob::{MatchOptions, Pattern};

use super::DataError;
use crate::ports::{StorageBackend, StorageErrorKind, locate, open_storage};
use crate::wire::{StorageLocation, StoredObject};

/// Names the executor's own storage.
const OWN: &str = "storage://";

/// Finds the objects that `uri` names, in key order: at least one.
pub(crate) async fn find_objects(
    uri: &str,
    own: &Arc<dyn StorageBackend>,
) -> Result<Vec<StoredObject>, DataError> {
    find(uri, own).await.map_err(|error| match error {
        DataError::Storage(source) => DataError::Unasked { uri: uri.to_owned(), source },
        error => error,
    })
}

async fn find(uri: &str, own: &Arc<dyn StorageBackend>) -> Result<Vec<StoredObject>, DataError> {
    let (location, key) = match uri.strip_prefix(OWN) {
        Some(key) => (own.location(), key.to_owned()),
        None => locate(uri)?,
    };
    let storage = match uri.strip_prefix(OWN) {
        Some(_) => Arc::clone(own),
        None => open_storage(&location)?,
    };
    let names_folder = key.is_empty() || key.ends_with('/');
    // A file may have the name of a pattern, too.
    if !names_folder && let Some(object) = head(storage.as_ref(), &location, &key).await? {
        return Ok(vec![object]);
    }
    // So may a folder; and what a relative path was put behind is no pattern either.
    let found = match wild_from(uri, &key) {
        Some(wild) => match folder(storage.as_ref(), &location, &key).await {
            Ok(found) if found.is_empty() => {
                matching(storage.as_ref(), &location, &key, wild).await
            }
            found => found,
        },
        None => folder(storage.as_ref(), &location, &key).await,
    };
    let nothing = || DataError::Nothing { uri: uri.to_owned() };
    match found {
        Ok(found) if found.is_empty() => Err(nothing()),
        // A web server can't be listed, so that nothing there is a folder or a pattern.
        Err(DataError::Storage(error)) if error.kind == StorageErrorKind::Unsupported => {
            let object = head(storage.as_ref(), &location, &key).await?;
            object.map(|object| vec![object]).ok_or_else(nothing)
        }
        found => found,
    }
}

async fn folder(
    storage: &dyn StorageBackend,
    location: &StorageLocation,
    key: &str,
) -> Result<Vec<StoredObject>, DataError> {
    let slash = if key.is_empty() || key.ends_with('/') { "" } else { "/" };
    below(storage, location, &format!("{key}{slash}")).await
}

async fn head(
    storage: &dyn StorageBackend,
    location: &StorageLocation,
    key: &str,
) -> Result<Option<StoredObject>, DataError> {
    match storage.head(key).await {
        Ok(meta) => Ok(Some(StoredObject::from_meta(location, meta))),
        Err(error) => match error.kind {
            StorageErrorKind::NotFound | StorageErrorKind::InvalidKey => Ok(None),
            _ => Err(error.into()),
        },
    }
}

/// Where in `key` the pattern begins that `uri` ends with, if it has one.
fn wild_from(uri: &str, key: &str) -> Option<usize> {
    let wild = uri.find(['*', '?', '['])?;
    if key.ends_with(&uri[wild..]) {
        return Some(key.len() - (uri.len() - wild));
    }
    key.find(['*', '?', '['])
}

async fn matching(
    storage: &dyn StorageBackend,
    location: &StorageLocation,
    pattern: &str,
    wild: usize,
) -> Result<Vec<StoredObject>, DataError> {
    let (prefix, wild) = pattern.split_at(wild);
    let compiled = Pattern::new(&(Pattern::escape(prefix) + wild)).map_err(|error| {
        DataError::Pattern { pattern: pattern.to_owned(), problem: error.to_string() }
    })?;
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    let mut found = below(storage, location, prefix).await?;
    found.retain(|object| compiled.matches_with(&object.key, options));
    let pattern = pattern.to_owned();
    if found.is_empty() { Err(DataError::NoMatch { pattern }) } else { Ok(found) }
}

/// All objects whose keys begin with `prefix`.
async fn below(
    storage: &dyn StorageBackend,
    location: &StorageLocation,
    prefix: &str,
) -> Result<Vec<StoredObject>, DataError> {
    let mut found: Vec<StoredObject> = Vec::new();
    let mut after = None;
    loop {
        let page = storage.list(prefix, after.as_deref()).await?;
        after = page.next_after(prefix, after.as_deref())?;
        found.extend(page.objects.into_iter().map(|meta| StoredObject::from_meta(location, meta)));
        if after.is_none() {
            // Consoles mark a folder by an object of no bytes with its name.
            found.retain(|object| !(object.size == 0 && object.key.ends_with('/')));
            return Ok(found);
        }
    }
}
