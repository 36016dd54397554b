//! A client that listens on this machine, and the agents that it starts.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use lithops_agents::{
    Address, Agent, Expected, Stream, Switchboard, agent_environment, keep_key, new_key,
    secret_number,
};
use lithops_core::wire::{CallError, Preamble};
use tempfile::TempDir;
use tokio::time::timeout;

use super::SOON;

/// A client and the file with its key.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) switchboard: Switchboard,
    folder: TempDir,
}

/// The process of an agent, which is killed at the end if it still runs.
#[derive(Debug)]
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended in most tests.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Place {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = new_key().unwrap();
        keep_key(&key, &folder.path().join("key")).unwrap();
        let switchboard = Switchboard::listen_tcp("127.0.0.1:0".parse().unwrap(), key);
        Self { switchboard: switchboard.await.unwrap(), folder }
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    pub(crate) fn host(&self) -> String {
        self.switchboard.address().unwrap().to_string()
    }

    /// An agent's connection, and what starts the agent that will open it.
    pub(crate) fn prepare(&self, hosts: &[String], key: &Path) -> (Expected, Command) {
        let number = secret_number().unwrap();
        let expected = self.switchboard.expect(Preamble::Agent(number));
        let mut command = Command::new(std::env::current_exe().unwrap());
        let address = Address::Tcp { hosts, key: key.to_str().unwrap() };
        command.envs(agent_environment(number, &address)).stdin(Stdio::null());
        (expected, command)
    }

    /// Starts an agent and greets it.
    pub(crate) async fn agent(&self) -> (Arc<Agent>, Process) {
        let (expected, mut command) = self.prepare(&[self.host()], &self.key());
        let process = Process(command.spawn().unwrap());
        let stream = called(expected).await;
        let reason = "the agent of the test is gone: the test knows how".to_owned();
        let how_it_ended = async { CallError::WorkerLost { reason } };
        let agent = Agent::greet(stream, "the agent of the test", how_it_ended).await.unwrap();
        (Arc::new(agent), process)
    }
}

pub(crate) async fn called(mut expected: Expected) -> Stream {
    timeout(SOON, expected.connection()).await.unwrap().unwrap()
}

/// The exit code of a process that is about to end.
pub(crate) async fn exit_code(process: Process) -> Option<i32> {
    // Killed by its drop where the test does not wait any longer.
    let mut process = process;
    let end = async {
        loop {
            if let Some(status) = process.0.try_wait().unwrap() {
                return status.code();
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, end).await.unwrap()
}
