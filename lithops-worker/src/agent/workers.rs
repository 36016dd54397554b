//! The workers of an agent.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lithops_core::wire::{CallError, FromAgent, Preamble, WorkerStart};

use super::Client;
use super::way::Way;
use crate::SOCKET_VARIABLE;
use crate::process::{Memory, WorkerProcess, kill_group, reap_orphans};

/// The workers of an agent, by lane.
#[derive(Debug)]
pub(super) struct Workers {
    way: Way,
    client: Arc<Client>,
    memory: Arc<Mutex<Memory>>,
    running: Arc<Mutex<HashMap<u64, Leader>>>,
}

/// The process of a worker, which leads a group.
#[derive(Clone, Copy, Debug)]
struct Leader {
    process: u32,
    /// Whether the client wanted it killed.
    killed: bool,
}

impl Workers {
    pub(super) fn new(way: Way, client: Arc<Client>) -> Self {
        let memory = Arc::new(Mutex::new(Memory::watch()));
        let workers = Self { way, client, memory, running: Arc::default() };
        let running = Arc::clone(&workers.running);
        reap_orphans(move |reap| {
            // No worker begins meanwhile, so that none is taken for somebody else's child.
            let running = running.lock().unwrap_or_else(PoisonError::into_inner);
            reap(&|process| running.values().any(|leader| leader.process == process));
        });
        workers
    }

    fn running(&self) -> MutexGuard<'_, HashMap<u64, Leader>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a worker, or tells why it can't be started.
    pub(super) fn start(&self, mut start: WorkerStart) {
        let (lane, memory) = (start.lane, start.memory);
        if let Some(socket) = self.way.relay() {
            let socket = socket.to_string_lossy().into_owned();
            start.environment.insert(SOCKET_VARIABLE.to_owned(), socket);
        }
        if let Err(error) = self.try_start(&start, memory) {
            let reason = format!("its agent can start no worker: {error}");
            let cause = Some(CallError::WorkerLost { reason });
            self.client.say(FromAgent::Ended { lane, running: None, cause });
        }
    }

    fn try_start(&self, start: &WorkerStart, memory: Option<u64>) -> io::Result<()> {
        let lane = start.lane;
        let socket = OwnedFd::from(self.way.call(Preamble::Lane(lane))?);
        let mut all = self.running();
        let process = WorkerProcess::spawn(Path::new("/proc/self/exe"), start, socket)?;
        let leader = process.id();
        all.insert(lane, Leader { process: leader, killed: false });
        drop(all);
        let (client, kernel) = (Arc::clone(&self.client), Arc::clone(&self.memory));
        let running = Arc::clone(&self.running);
        let wait = move || {
            let (running_call, cause) = process.bury();
            let leader = running.lock().unwrap_or_else(PoisonError::into_inner).remove(&lane);
            let wanted = leader.is_some_and(|leader| leader.killed);
            let mut kernel = kernel.lock().unwrap_or_else(PoisonError::into_inner);
            let explain = |cause| if wanted { cause } else { kernel.explain(cause, memory) };
            let cause = cause.map(explain);
            client.say(FromAgent::Ended { lane, running: running_call, cause });
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
        if let Some(leader) = self.running().get_mut(&lane) {
            leader.killed = true;
            kill_group(leader.process);
        }
    }

    pub(super) fn kill_all(&self) {
        self.running().values().for_each(|leader| kill_group(leader.process));
    }
}
