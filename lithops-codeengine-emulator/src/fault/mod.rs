//! Faults of the API: what a request can be made to suffer.

mod apply;
mod list;
mod rule;
mod twists;

pub(crate) use apply::{Broken, apply};
pub use list::{BadHttpFault, HttpFaults};
pub use rule::{HttpFault, HttpFaultKind, RetryAfter};
pub(crate) use twists::{ProjectFate, Twists};
