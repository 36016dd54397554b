//! Runs in processes of this machine, from their order to their end.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod environment;
mod faults;
mod life;
mod quotas;
mod replay;
#[path = "../stage/mod.rs"]
mod stage;
