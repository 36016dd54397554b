//! Docker's registry: two of them over the same images, one of which wants to know who asks.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::process::{Process, free_ports};
use super::{ACCESS_KEY, Running, SECRET_KEY, http};

/// What `htpasswd -nbB lithops lithops-secret` printed.
const PASSWORDS: &str = "lithops:HASH\n";

pub(super) fn start(folder: &Path) -> anyhow::Result<Running> {
    let [port] = free_ports()?;
    todo!()
}
