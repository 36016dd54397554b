//! One connection to a login node, which all commands share.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use super::quote::quote;

/// The code by which `ssh` says that it has failed itself.
pub(super) const FAILED: i32 = 255;
/// How long hanging up may take.
const GOODBYE: Duration = Duration::from_secs(5);

/// Options of every call: nobody is there to be asked for a password; a login node that is gone is
/// noticed; the connection is opened once and stays for a minute.
const OPTIONS: [&str; 7] = [
    "BatchMode=yes",
    "ConnectTimeout=20",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
    "ControlMaster=auto",
    "ControlPersist=60",
    "LogLevel=ERROR",
];

/// The way to a login node.
#[derive(Debug)]
pub(super) struct Ssh {
    destination: String,
    config: Option<PathBuf>,
    /// Has the socket of the shared connection.
    sockets: TempDir,
}

impl Ssh {
    pub(super) fn new(destination: &str, config: Option<&Path>) -> std::io::Result<Self> {
        // The path of a socket is short, and that of a folder for temporary files may be long.
        let sockets = tempfile::Builder::new().prefix("lithops-ssh-").tempdir_in("/tmp")?;
        let config = config.map(Path::to_owned);
        Ok(Self { destination: destination.to_owned(), config, sockets })
    }

    pub(super) fn destination(&self) -> &str {
        &self.destination
    }

    /// Runs `line` there, by whatever shell the user has.
    pub(super) fn command(&self, line: &str) -> Command {
        let mut command = self.ssh();
        command.args(["-T", "--", &self.destination]).arg(format!("exec sh -c {}", quote(line)));
        command
    }

    /// Ends the shared connection.
    pub(super) async fn close(&self) {
        let mut command = self.ssh();
        command.args(["-O", "exit", "--", &self.destination]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Without it the connection ends by itself, a minute after the last command.
        timeout(GOODBYE, command.kill_on_drop(true).status()).await.ok();
    }

    fn ssh(&self) -> Command {
        let mut command = Command::new("ssh");
        if let Some(config) = &self.config {
            command.arg("-F").arg(config);
        }
        for option in OPTIONS {
            command.args(["-o", option]);
        }
        command.arg("-o").arg(format!("ControlPath={}/%C", self.sockets.path().display()));
        command
    }
}
