//! The workers of a container.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lithops_core::wire::{CallError, FromAgent, Preamble, WorkerStart};
use rustix::process::{Pid, WaitOptions, waitpgid};

use super::cgroup::Memory;
use super::{Client, call};
use crate::SOCKET_VARIABLE;
use crate::process::{WorkerProcess, kill_group};

/// The workers of a container, by lane.
#[derive(Debug)]
pub(super) struct Workers {
    socket: PathBuf,
    client: Arc<Client>,
    memory: Arc<Mutex<Memory>>,
    running: Arc<Mutex<HashMap<u64, u32>>>,
}

impl Workers {
    pub(super) fn new(socket: PathBuf, client: Arc<Client>) -> Self {
        let memory = Arc::new(Mutex::new(Memory::watch()));
        Self { socket, client, memory, running: Arc::default() }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<u64, u32>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a worker, or tells why it can't be started.
    pub(super) fn start(&self, mut start: WorkerStart) {
        let (lane, memory) = (start.lane, start.memory);
        let socket = self.socket.to_string_lossy().into_owned();
        start.environment.insert(SOCKET_VARIABLE.to_owned(), socket);
        if let Err(error) = self.try_start(&start, memory) {
            let reason = format!("no worker can be started in the container: {error}");
            let cause = Some(CallError::WorkerLost { reason });
            self.client.say(FromAgent::Ended { lane, running: None, cause });
        }
    }

    fn try_start(&self, start: &WorkerStart, memory: Option<u64>) -> io::Result<()> {
        let lane = start.lane;
        let socket = OwnedFd::from(call(&self.socket, Preamble::Lane(lane))?);
        let process = WorkerProcess::spawn(Path::new("/proc/self/exe"), start, socket)?;
        let leader = process.id();
        self.running().insert(lane, leader);
        let (client, kernel) = (Arc::clone(&self.client), Arc::clone(&self.memory));
        let running = Arc::clone(&self.running);
        let wait = move || {
            let ended = bury(process, lane, memory, &kernel);
            running.lock().unwrap_or_else(PoisonError::into_inner).remove(&lane);
            client.say(ended);
        };
        let waiter = std::thread::Builder::new().name("lithops-wait".to_owned());
        if let Err(error) = waiter.stack_size(256 << 10).spawn(wait) {
            self.running().remove(&lane);
            kill_group(leader);
            return Err(error);
        }
        Ok(())
    }

    /// Kills a worker and what it has started.
    pub(super) fn kill(&self, lane: u64) {
        if let Some(leader) = self.running().get(&lane) {
            kill_group(*leader);
        }
    }

    pub(super) fn kill_all(&self) {
        self.running().values().for_each(|leader| kill_group(*leader));
    }
}

/// Waits for the end of a worker, ends what it has started, and says what it died of.
fn bury(
    mut process: WorkerProcess,
    lane: u64,
    limit: Option<u64>,
    memory: &Mutex<Memory>,
) -> FromAgent {
    let status = process.wait();
    process.kill();
    reap(process.id());
    let (running, cause) = match status {
        Ok(status) => process.end(status),
        Err(error) => {
            let reason = format!("its end can't be learned: {error}");
            (None, Some(CallError::WorkerLost { reason }))
        }
    };
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    let cause = cause.map(|cause| memory.explain(cause, limit));
    FromAgent::Ended { lane, running, cause }
}

/// Reaps what a worker had started: the first process of a container inherits it.
fn reap(leader: u32) {
    let Some(group) = Pid::from_raw(leader.cast_signed()) else { return };
    // Each has been killed, so this ends when there is no more of them.
    while waitpgid(group, WaitOptions::empty()).is_ok_and(|reaped| reaped.is_some()) {}
}
