//! From a planned job to its outcomes: upload, dispatch, monitor, collect, retry, clean.

mod alive;
mod background;
mod clean;
mod deploy;
mod engine;
mod examine;
mod interrupt;
mod job;
mod key;
mod ledger;
mod link;
mod mark;
mod pending;
mod route;
mod storage;
mod stored;
mod terms;
mod world;

pub use background::{block_on, runtime, wait_here};
pub use clean::Cleaning;
pub use engine::{Engine, EngineSettings};
pub use interrupt::stop_all;
pub use key::{DispatchKey, KeyError};
pub use stored::StoredJob;
pub use world::{InWorld, World, now};
