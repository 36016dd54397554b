//! `rclone serve s3`: an S3 server over files that ignores the conditions of conditional writes.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::process::{Process, free_ports};
use super::{ACCESS_KEY, Running, SECRET_KEY, python, with_login};

pub(super) fn start(folder: &Path) -> anyhow::Result<Running> {
    let programs = python::programs("rclone")?;
    let [port] = free_ports()?;
    let data = folder.join("data");
    fs::create_dir(&data)?;
    let mut rclone = Command::new(programs.join("rclone"));
    rclone.args(["serve", "s3", "--auth-key", &format!("{ACCESS_KEY},{SECRET_KEY}")]);
    rclone.args(["--addr", &format!("127.0.0.1:{port}")]).arg(&data);
    // A file of its own, empty: not the one of whoever runs this.
    rclone.env("RCLONE_CONFIG", folder.join("rclone.conf"));
    let mut process = Process::start(folder, "rclone", &rclone)?;
    process.wait_for_port(port)?;
    Ok(Running { address: with_login(port), processes: vec![process] })
}
