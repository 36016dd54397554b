//! Redis, without persistence.

use std::path::Path;
use std::process::Command;

use super::process::{Process, free_ports};
use super::{Running, SECRET_KEY};

pub(super) fn start(folder: &Path) -> anyhow::Result<Running> {
    let [port] = free_ports()?;
    let mut redis = Command::new("redis-server");
    redis.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
    redis.args(["--requirepass", SECRET_KEY, "--save", "", "--appendonly", "no"]);
    let mut process = Process::start(folder, "redis", &redis)?;
    process.wait_for_port(port)?;
    let address = format!("redis://:{SECRET_KEY}@127.0.0.1:{port}");
    Ok(Running { address, processes: vec![process] })
}
