//! A local IBM Cloud Code Engine: the REST API v2 and the token service that clients speak to, over
//! containers or processes of this machine.
//!
#![doc = include_str!("../../docs/code-engine-emulator.md")]

mod api;
mod clock;
#[cfg(feature = "command")]
pub mod command;
mod emulator;
mod fault;
mod iam;
pub mod instance;
mod observe;
mod pointing;
mod quota;
mod rules;
pub mod run;
mod server;
mod service;
mod settings;
mod store;

pub use clock::{Clock, timestamp};
pub use emulator::{Emulator, StartError};
pub use fault::{BadHttpFault, HttpFault, HttpFaultKind, HttpFaults, RetryAfter};
pub use observe::{RequestCount, Requests};
pub use pointing::Pointing;
pub use quota::{InstanceCounts, InstanceQuota};
pub use settings::{Answer, Answers, Instances, Keys, Limits, Settings, StartDelay};
