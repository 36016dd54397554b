//! The backend against the emulator over HTTP: what it asks, and what faults cost it.
//!
//! Instances are processes that run a shell script, so that each case says what they do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cleaning;
mod cloud;
mod deploying;
mod requests;
mod runs;
