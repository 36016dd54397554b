//! A client of its own: this test program, started again, with a folder by which both speak.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{Ended, alone, lithops, run, until};

/// Names the folder by which the tests and the client's calls speak to each other.
const FOLDER: &str = "LITHOPS_TEST_FOLDER";

/// A client, whose state is in the folder too. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Client {
    folder: tempfile::TempDir,
    pub(crate) process: Child,
}

/// The folder of the client that this process is; `None` if it is none.
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// Waits in a call of the client until the test lets it end.
pub(crate) fn wait_at_gate(folder: &Path, call: u32) {
    until("the gate", || folder.join(format!("open-{call}")).exists().then_some(()));
}

impl Client {
    /// Starts the test `client` of this program, with these variables.
    pub(crate) fn spawn(variables: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut client = alone(std::env::current_exe().unwrap());
        client.args(["--exact", "client", "--ignored"]).stdout(Stdio::null());
        client.env(FOLDER, folder.path()).env("XDG_STATE_HOME", folder.path());
        client.envs(variables.iter().map(|(name, value)| (name, value)));
        let process = client.spawn().unwrap();
        Self { folder, process }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The job that the client has noted.
    pub(crate) fn job(&self) -> String {
        std::fs::read_to_string(self.path("job")).unwrap()
    }

    /// Lets these calls end.
    pub(crate) fn open(&self, calls: impl IntoIterator<Item = u32>) {
        for call in calls {
            std::fs::write(self.path(&format!("open-{call}")), "").unwrap();
        }
    }

    /// The command, with the client's folder as its own and for its state.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = lithops();
        command.args(arguments).env("XDG_STATE_HOME", self.folder.path());
        command.current_dir(self.folder.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        run(&mut self.command(arguments))
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.run(arguments).out).unwrap()
    }

    pub(crate) fn ended(&mut self) {
        until("the client's end", || self.process.try_wait().unwrap());
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It has ended, unless the test has failed.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
