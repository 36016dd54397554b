//! The emulator over HTTP, as a client sees it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod config_maps;
mod consistency;
mod faults;
mod jobs;
mod observe;
mod others;
mod paging;
mod projects;
mod quotas;
mod runs;
mod secrets;
mod tokens;
