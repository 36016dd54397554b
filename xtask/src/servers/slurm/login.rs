//! A login node: a server of SSH on a port of its own, which lets its maker in and nobody else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::{conf, said};
use crate::command::command;
use crate::servers::process::Process;

/// Tells of a process that it was started by SSH.
pub(super) const MARK: &str = "LITHOPS_TEST_SLURM_LOGIN";

/// Needs to exist for the server to be started as root.
const SEPARATION: &str = "/run/sshd";

/// A server of SSH at work; ended when this is dropped.
pub(super) struct Login {
    _process: Process,
}

impl Login {
    /// Starts one, and writes a file of settings for clients, who find it by the name `login`.
    pub(super) fn start(folder: &Path, port: u16) -> anyhow::Result<Self> {
        let own = folder.join("ssh");
        fs::create_dir(&own)?;
        fs::create_dir_all(SEPARATION).context(SEPARATION)?;
        for key in ["host", "user"] {
            let mut make =
                command("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", key, "-f"]);
            make.arg(own.join(key));
            said(make)?;
        }
        let host = fs::read_to_string(own.join("host.pub"))?;
        fs::write(own.join("known_hosts"), format!("[127.0.0.1]:{port} {host}"))?;
        fs::write(own.join("sshd_config"), server(folder, port))?;
        fs::write(config(folder), client(folder, port))?;
        // It starts itself anew for each connection, and so has to know where it is.
        let path = said(command("which", ["sshd"]))?;
        let mut sshd = Command::new(path.trim());
        sshd.args(["-D", "-e", "-f"]).arg(own.join("sshd_config"));
        sshd.env("SLURM_CONF", conf(folder)).env(MARK, "1");
        let mut process = Process::start(folder, "sshd", &sshd)?;
        process.wait_for_port(port)?;
        Ok(Self { _process: process })
    }
}

/// The file of settings for clients.
pub(super) fn config(folder: &Path) -> PathBuf {
    folder.join("ssh/config")
}

fn server(folder: &Path, port: u16) -> String {
    let own = folder.join("ssh");
    let own = own.display();
    let conf = conf(folder);
    let conf = conf.display();
    // The folders above are those of a temporary folder, which it would find too open.
    format!(
        "ListenAddress 127.0.0.1:{port}
HostKey {own}/host
AuthorizedKeysFile {own}/user.pub
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PidFile none
MaxStartups 100
SetEnv SLURM_CONF={conf} {MARK}=1
"
    )
}

fn client(folder: &Path, port: u16) -> String {
    let own = folder.join("ssh");
    let own = own.display();
    format!(
        "Host login
    HostName 127.0.0.1
    Port {port}
    User root
    IdentityFile {own}/user
    IdentitiesOnly yes
    UserKnownHostsFile {own}/known_hosts
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    BatchMode yes
"
    )
}
