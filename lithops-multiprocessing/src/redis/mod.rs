//! Objects in a Redis server.

mod keys;
mod reply;
mod script;
#[cfg(feature = "redis")]
mod server;
#[cfg(not(feature = "redis"))]
#[path = "no_server.rs"]
mod server;
mod state;
mod wait;

pub(crate) use keys::Keys;
pub(crate) use reply::Reply;
pub(crate) use script::{Lua, scripts};
pub(crate) use server::Server;
pub(crate) use state::{make, turn};
pub(crate) use wait::until_done;

use crate::Result;

/// Keeps an object for another while; gives whether there is one.
pub(crate) fn touch(server: &Server, keys: &Keys) -> Result<bool> {
    Ok(server.repeat("touch", &scripts::TOUCH, keys, &[])?.int("touch")? == 1)
}

/// Removes an object with all its keys.
pub(crate) fn remove(server: &Server, keys: &Keys) -> Result<()> {
    server.run("remove", &scripts::REMOVE, keys, &[]).map(drop)
}
