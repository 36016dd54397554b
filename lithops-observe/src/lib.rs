//! What became of jobs: figures, reports, pictures, and a journal that other processes read.
//!
//! Everything here is made from a [`JobRecord`](lithops_core::wire::JobRecord): the one that a handle gives, or the one that a
//! journal has kept.

#[cfg(feature = "report")]
mod escape;
pub mod figures;
#[cfg(feature = "report")]
mod html;
#[cfg(feature = "journal")]
pub mod journal;
#[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
pub mod metrics;
#[cfg(feature = "png")]
mod png;
pub mod quantity;
#[cfg(feature = "report")]
mod report;
#[cfg(feature = "report")]
pub mod svg;

#[cfg(feature = "png")]
pub use png::{PngError, png};
#[cfg(feature = "report")]
pub use report::Report;
