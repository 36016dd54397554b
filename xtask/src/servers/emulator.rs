//! An emulator of Code Engine at work.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::http;
use super::process::{Process, free_ports};
use crate::command::{cargo, run, target};

/// Stopped, with all of its instances, when this is dropped.
pub(crate) struct Emulator {
    port: u16,
    // In this order: the folder goes when nobody writes to it any more.
    process: Process,
    folder: TempDir,
}

impl Emulator {
    /// Builds it and starts it as its users do, with these options.
    pub(crate) fn start(options: &[&str]) -> anyhow::Result<Self> {
        run(cargo([
            "build",
            "--workspace",
            "--all-features",
            "--bin",
            "lithops-codeengine-emulator",
        ]))?;
        let parent = target().join("servers");
        fs::create_dir_all(&parent)?;
        let folder = tempfile::Builder::new().prefix("code-engine-").tempdir_in(&parent)?;
        let [port] = free_ports()?;
        let mut program = Command::new(target().join("debug/lithops-codeengine-emulator"));
        program.args(["--listen", &format!("127.0.0.1:{port}")]).args(options);
        let mut process = Process::start(folder.path(), "emulator", &program)?;
        process.wait_until("an API", || http::status(port, "/_emu/requests") == Some(200))?;
        Ok(Self { port, process, folder })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A folder for its clients.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Ends it as its users do, so that it removes what it has made.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        self.process.end_well()
    }

    /// All that the account has, as text.
    pub(crate) fn state(&self) -> anyhow::Result<String> {
        http::body(self.port, "/_emu/state")
            .ok_or_else(|| anyhow::anyhow!("the emulator does not say what it has"))
    }
}
