//! What became of a job, as a page and as pictures.
//!
//! ```
//! # use lithops::prelude::*;
//! # lithops::block_on(async {
//! # let folder = std::env::temp_dir();
//! let exec = FunctionExecutor::threads(2).await?;
//! let handle = exec.map(|x: u32| x + 1, 0..100).submit()?;
//! handle.results().await?;
//! let record = handle.record();
//! assert_eq!(record.calls.len(), 100);
//! std::fs::write(folder.join("report.html"), lithops::report::html(&record)).unwrap();
//! std::fs::write(folder.join("timeline.svg"), lithops::report::timeline(&record)).unwrap();
//! # std::fs::remove_file(folder.join("report.html")).unwrap();
//! # std::fs::remove_file(folder.join("timeline.svg")).unwrap();
//! # Ok::<(), Error>(()) }).unwrap();
//! ```

use lithops_core::wire::JobRecord;
pub use lithops_observe::Report;
pub use lithops_observe::figures::{FailureGroup, Figures, Spread, failure_groups};
pub use lithops_observe::svg::{concurrency, histogram, overview, timeline};
#[cfg(feature = "png")]
pub use lithops_observe::{PngError, png};

/// The page of one job: a file of its own, which asks no network. [`Report`] takes several stages.
pub fn html(record: &JobRecord) -> String {
    Report::new(vec![record.clone()]).html()
}
