//! The tests that every backend and every storage of Lithops passes, to run against your own.

#![expect(clippy::unwrap_used, reason = "a case fails by panicking")]

pub mod compute;
pub mod storage;
pub mod trials;
