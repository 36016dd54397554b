//! S3 for Lithops through `rusoto_s3`: how a storage is written that lives outside of Lithops.
//!
//! ```no_run
//! use lithops_core::ports::{PutMode, StorageBackend, StorageError};
//! use lithops_storage_rusoto::{RusotoConfig, RusotoStorage};
//!
//! # async fn example() -> Result<(), StorageError> {
//! // First in `main`, before `lithops::init()`: workers must know the scheme too.
//! lithops_storage_rusoto::register()?;
//!
//! let storage = RusotoStorage::new(RusotoConfig::new("books"))?;
//! storage.put("jane/emma", "Emma Woodhouse, handsome".into(), PutMode::Overwrite).await?;
//! # Ok(())
//! # }
//! ```

mod config;
mod errors;
mod keys;
mod listing;
mod read;
mod storage;
mod streams;

use std::sync::Arc;

use lithops_core::ports::StorageError;

pub use config::RusotoConfig;
pub use storage::RusotoStorage;

pub(crate) const SCHEME: &str = "rusoto-s3";

/// Makes `lithops_storage::open` know the locations of this crate's storages, in this process.
///
/// # Errors
/// If another storage has the scheme `rusoto-s3`.
pub fn register() -> Result<(), StorageError> {
    lithops_storage::register(SCHEME, |location| Ok(Arc::new(RusotoStorage::at(location)?)))
}
