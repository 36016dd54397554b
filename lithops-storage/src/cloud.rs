//! What the storages that are reached over a network share.

#[cfg(feature = "cloud")]
mod answer;
#[cfg(any(feature = "s3", feature = "http"))]
mod body;
mod client;
#[cfg(any(feature = "gcs", feature = "azure"))]
mod pages;
#[cfg(feature = "cloud")]
mod probed;
#[cfg(feature = "s3")]
mod query;
#[cfg(feature = "cloud")]
mod remembered;
mod service;
#[cfg(feature = "s3")]
mod tokens;

#[cfg(feature = "cloud")]
pub(crate) use answer::{Answer, without_signature};
#[cfg(feature = "s3")]
pub(crate) use body::LARGEST_ANSWER;
#[cfg(any(feature = "s3", feature = "http"))]
pub(crate) use body::body_within;
#[cfg(feature = "s3")]
pub(crate) use client::fault_of_endpoint;
pub(crate) use client::{Network, client_options};
#[cfg(feature = "cloud")]
pub(crate) use client::{check_endpoint, retry_config};
#[cfg(any(feature = "gcs", feature = "azure"))]
pub(crate) use pages::PagedStore;
#[cfg(feature = "cloud")]
pub(crate) use probed::probed;
#[cfg(feature = "s3")]
pub(crate) use query::query;
#[cfg(feature = "cloud")]
pub(crate) use remembered::Remembered;
pub(crate) use service::Connector;
#[cfg(feature = "s3")]
pub(crate) use tokens::{Bearer, Refusal, Tokens};
