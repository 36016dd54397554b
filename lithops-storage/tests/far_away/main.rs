//! Workers far away: processes that share nothing with the client but a file for secrets.
//!
//! Each case starts this program again as a worker, with no environment but what a platform gives.
//! Servers are mocked, and where `cargo xtask test` started real ones, those are used too.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(all(feature = "s3", feature = "gcs", feature = "azure", feature = "redis"))]
mod cases;
#[cfg(all(feature = "s3", feature = "gcs", feature = "azure", feature = "redis"))]
#[allow(dead_code, reason = "each test uses another part")]
#[path = "../mock/mod.rs"]
mod mock;
#[cfg(all(feature = "s3", feature = "gcs", feature = "azure", feature = "redis"))]
mod servers;
mod worker;

use std::process::ExitCode;

use lithops_testkit::trials::run_trials;

fn main() -> ExitCode {
    if let Some(exit) = worker::run() {
        return exit;
    }
    #[cfg(all(feature = "s3", feature = "gcs", feature = "azure", feature = "redis"))]
    return run_trials(true, cases::all().into_iter().chain(servers::all()).collect());
    #[cfg(not(all(feature = "s3", feature = "gcs", feature = "azure", feature = "redis")))]
    {
        let lacks = "this build lacks some storages";
        run_trials(false, vec![lithops_testkit::trials::ignored("far_away", lacks)])
    }
}
