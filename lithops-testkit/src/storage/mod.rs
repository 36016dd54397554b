//! What every storage promises, as tests.
//!
//! [`storage_suite!`](crate::storage_suite) turns the cases of this module into tests of one
//! storage, and [`run_subjects`] runs them over servers that may be missing. The cases are ordinary functions too, for a storage that needs a set-up of its own.

pub mod addresses;
mod cases;
pub mod copy;
pub mod delete;
mod http;
pub mod keys;
pub mod list;
pub mod place;
pub mod races;
pub mod read;
pub mod streams;
mod subject;
mod suite;
pub mod versions;
pub mod write;

use std::fmt::Debug;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use lithops_core::ports::{PutMode, StorageBackend, StorageError, StorageErrorKind};

pub use crate::trials::Has;
pub use subject::{Missing, Setup, Subject, run_subjects};
pub use suite::{Open, run, run_apart, the_suite_was_told_the_truth};

/// The storage under test; empty when a case begins.
pub type Storage = Arc<dyn StorageBackend>;

/// Stores a body that is not under test itself.
async fn put(storage: &Storage, key: &str, body: impl Into<Bytes>) {
    storage.put(key, body.into(), PutMode::Overwrite).await.unwrap();
}

async fn put_all(storage: &Storage, keys: &[String]) {
    let puts = stream::iter(keys).map(Ok).try_for_each_concurrent(16, |key| {
        storage.put(key, Bytes::copy_from_slice(key.as_bytes()), PutMode::Overwrite)
    });
    puts.await.unwrap();
}

/// Lists the keys of the only page.
async fn listed(storage: &Storage, prefix: &str, after: Option<&str>) -> Vec<String> {
    let page = storage.list(prefix, after).await.unwrap();
    assert!(!page.more);
    page.objects.into_iter().map(|object| object.key).collect()
}

#[track_caller]
fn refusal<T: Debug>(outcome: Result<T, StorageError>) -> StorageErrorKind {
    outcome.unwrap_err().kind
}
