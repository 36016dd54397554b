//! Simulated workers: what they do is real, how long it takes and how they end is not.

mod execution;
mod fate;
mod lane;
mod task;

pub(crate) use fate::Fate;
pub(crate) use lane::open;
pub(crate) use task::{End, TaskWorker, obituary};
