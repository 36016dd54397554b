//! Where Lithops jobs keep their data.
//!
//! [`open`] finds a storage by its [`StorageLocation`](lithops_core::ports::StorageLocation), which
//! is how a worker reaches the data of the process that started the job. A storage can also be made
//! by hand, which is how that location comes about:
//!
//! ```
//! use lithops_core::ports::{PutMode, StorageBackend};
//! use lithops_storage::{FileStorage, open};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let storage = FileStorage::new(folder.path().join("jobs"))?;
//! storage.put("greeting", "hello".into(), PutMode::Create).await?;
//!
//! let elsewhere = open(&storage.location())?;
//! assert_eq!(elsewhere.get("greeting").await?, "hello");
//! # Ok(())
//! # }
//! ```
//!
//! | Scheme | Type | Who sees the data |
//! |---|---|---|
//! | `memory` | [`MemoryStorage`] | this process |
//! | `file` | [`FileStorage`] | every process that reaches the folder |
//! | `s3` | `S3Storage` (feature `s3`) | whoever may read the bucket |
//! | `gs` | `GcsStorage` (feature `gcs`) | whoever may read the bucket |
//! | `az` | `AzureStorage` (feature `azure`) | whoever may read the container |
//! | `http` | `HttpStorage` (feature `http`) | whoever the web server lets; read only |
//! | `redis` | `RedisStorage` (feature `redis`) | every process that reaches the server |
//!
//! A worker that can't reach a storage itself may use it through its client: `relay` (feature
//! `relay`).
//!
//! The [`layers`] wrap any storage to count its requests, to make them fail, to ask again, or to
//! bound how many are under way.

#[cfg(any(feature = "memory", feature = "cloud"))]
mod adapter;
#[cfg(feature = "azure")]
mod azure;
#[cfg(feature = "network")]
mod cloud;
mod configured;
#[cfg(feature = "file")]
mod files;
#[cfg(feature = "gcs")]
mod gcs;
#[cfg(feature = "http")]
mod http;
#[cfg(any(feature = "file", feature = "memory", feature = "cloud", feature = "redis"))]
mod key;
pub mod layers;
mod locate;
#[cfg(feature = "memory")]
mod memory;
mod open;
#[cfg(feature = "redis")]
mod redis;
mod register;
#[cfg(feature = "relay")]
pub mod relay;
#[cfg(feature = "s3")]
mod s3;
mod worker_settings;

#[cfg(feature = "azure")]
pub use azure::{AzureConfig, AzureStorage};
pub use configured::configure;
#[cfg(feature = "file")]
pub use files::FileStorage;
#[cfg(feature = "gcs")]
pub use gcs::{GcsConfig, GcsStorage};
#[cfg(feature = "http")]
pub use http::HttpStorage;
pub use locate::{install, locate};
#[cfg(feature = "memory")]
pub use memory::MemoryStorage;
pub use open::{known_schemes, open};
#[cfg(feature = "redis")]
pub use redis::{RedisConfig, RedisStorage};
pub use register::{Opener, register};
#[cfg(feature = "relay")]
pub use relay::relay_through;
#[cfg(feature = "s3")]
pub use s3::{S3Config, S3Storage};
pub use worker_settings::{WorkerAccess, worker_settings};
