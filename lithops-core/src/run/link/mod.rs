//! Dispatch over lanes: one actor owns all jobs and all lanes of an executor.
//!
//! Calls are pushed to workers before they ask, as many as a worker is expected to run in a few
//! milliseconds, so that short calls cost no round trip and long ones wait in no queue. What was
//! pushed too early is recalled when another worker has nothing to do.

mod dispatcher;
mod lane;
mod queue;

pub(super) use dispatcher::{Bounds, Command, start};
