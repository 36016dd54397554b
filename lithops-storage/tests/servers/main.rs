//! The promises of a storage, kept over real servers.
//!
//! `cargo xtask test` starts each server and runs its cases; `cargo xtask servers` starts them for
//! a longer time, and prints the variables that are looked for here. Without them the cases are
//! ignored.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod address;
mod redis;
mod s3;

use std::process::ExitCode;

use lithops_testkit::storage::run_subjects;

fn main() -> ExitCode {
    run_subjects(&[s3::seaweedfs(), s3::radosgw(), s3::swift(), s3::rclone(), redis::redis()])
}
