//! Where shared objects are, and how a handle finds them.

mod handle;
mod kept;
mod lease;
mod memory;
mod turn;

use serde::{Deserialize, Serialize};

pub(crate) use crate::redis::Server;
pub(crate) use handle::{Found, Handle, typed_handle};
pub(crate) use kept::{Kept, keep};
pub(crate) use lease::Lease;
pub(crate) use memory::{process, stopped};
pub(crate) use turn::{Step, Turn, Wake};

/// Where new objects are made.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// In the memory of this process.
    Memory,
    /// In a Redis server.
    Server(ServerPlace),
}

/// A Redis server, the keys there that are ours, and how long they live. Never a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServerPlace {
    pub(crate) url: String,
    pub(crate) prefix: String,
    pub(crate) expiry_ms: u64,
    pub(crate) lease_ms: u64,
}

/// A number that nobody else has.
pub(crate) fn unique() -> String {
    format!("{:032x}", rand::random::<u128>())
}
