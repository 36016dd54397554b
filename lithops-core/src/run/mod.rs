//! From a planned job to its outcomes: upload, dispatch, monitor, collect, retry, clean.

mod background;
mod engine;
mod interrupt;
mod job;
mod ledger;
mod link;
mod pending;
mod storage;

pub use background::{block_on, runtime, wait_here};
pub use engine::{Engine, EngineSettings};
pub use interrupt::stop_all;
