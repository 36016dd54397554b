//! A plain web server over a folder, from Python's standard library: without ranges, without tags.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::process::{Process, free_ports};

/// A web server at work; stopped when this is dropped.
pub(crate) struct WebServer {
    port: u16,
    _process: Process,
    _folder: TempDir,
}

impl WebServer {
    /// Where it is, without a slash at the end.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Starts a web server over the files of `folder`.
///
/// # Errors
/// If there is no Python, or it does not come up.
pub(crate) fn files(folder: &Path) -> anyhow::Result<WebServer> {
    let [port] = free_ports()?;
    let mut python = Command::new("python3");
    python.args(["-m", "http.server", "--bind", "127.0.0.1", "--protocol", "HTTP/1.1"]);
    python.arg("--directory").arg(folder).arg(port.to_string());
    let log = tempfile::tempdir()?;
    let mut process = Process::start(log.path(), "web", &python)?;
    process.wait_for_port(port)?;
    Ok(WebServer { port, _process: process, _folder: log })
}
