//! No Redis server: this build can't use one.

use std::sync::Arc;
use std::time::Duration;

use lithops_core::config::Config;

use super::{Keys, Lua, Reply};
use crate::place::ServerPlace;
use crate::{MultiprocessingError, Result};

/// A server that nobody has.
pub(crate) enum Server {}

impl Server {
    pub(crate) fn configured(_: &Config) -> Result<(String, String)> {
        Err(MultiprocessingError::RedisLeftOut)
    }

    pub(crate) fn at(_: &ServerPlace) -> Result<Arc<Self>> {
        Err(MultiprocessingError::RedisLeftOut)
    }

    pub(crate) fn run(&self, _: &'static str, _: &Lua, _: &Keys, _: &[&[u8]]) -> Result<Reply> {
        match *self {}
    }

    pub(crate) fn repeat(&self, _: &'static str, _: &Lua, _: &Keys, _: &[&[u8]]) -> Result<Reply> {
        match *self {}
    }

    pub(crate) fn nap(&self, _: &str, _: Duration) -> Result<()> {
        match *self {}
    }
}
