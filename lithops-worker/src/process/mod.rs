//! Worker processes, as their parent sees them: started, watched, killed, and asked what they died of.

mod death;
mod memory;
mod orphans;

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use lithops_core::ports::Running;
use lithops_core::wire::{CallError, WorkerStart, WorkerTask};
pub(crate) use memory::Memory;
pub(crate) use orphans::reap_orphans;
use rustix::fs::{MemfdFlags, OFlags, fcntl_setfl, memfd_create};

use crate::{
    ENTRY_VARIABLE, LEASH_VARIABLE, MEMORY_VARIABLE, ORDER_VARIABLE, PAGE_SIZE, Status,
    WORKER_VARIABLE, passed_init,
};

/// A worker process and what its parent shares with it.
///
/// Dropping it leaves the process alone.
#[derive(Debug)]
pub struct WorkerProcess {
    child: Child,
    /// What the process is doing; readable after its death too.
    status: Status,
    /// Its standard error.
    stderr: File,
    /// Limit of its memory.
    memory: Option<u64>,
}

impl WorkerProcess {
    /// Starts `program` as a worker. A worker that serves a link finds its client at the other end of
    /// `stdin`; one that goes by an order ends when `stdin` does.
    ///
    /// # Errors
    /// If the program can't be started, or the machine gives no more memory or processes.
    pub fn spawn(program: &Path, start: &WorkerStart, stdin: OwnedFd) -> std::io::Result<Self> {
        let stdout = stream("lithops-stdout")?;
        stdout.set_len(PAGE_SIZE)?;
        let status = Status::in_file(&stdout)?;
        let stderr = stream("lithops-stderr")?;
        let mut command = Command::new(program);
        command
            .stdin(Stdio::from(stdin))
            .stdout(stdout)
            .stderr(stderr.try_clone()?)
            // A group of its own: Ctrl-C at the terminal is the client's to handle, and what a call
            // starts can be ended with it.
            .process_group(0)
            .envs(&start.environment)
            .env(ENTRY_VARIABLE, if passed_init() { "main" } else { "constructor" });
        match &start.task {
            WorkerTask::Link => command.env(WORKER_VARIABLE, "link"),
            WorkerTask::Order { worker, order } => command
                .env(WORKER_VARIABLE, worker.to_string())
                .env(ORDER_VARIABLE, order)
                .env(LEASH_VARIABLE, "1"),
        };
        if let Some(memory) = start.memory {
            command.env(MEMORY_VARIABLE, memory.to_string());
        }
        let child = command.spawn()?;
        Ok(Self { child, status, stderr, memory: start.memory })
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn running(&self) -> Option<Running> {
        self.status.running().map(|(running, _)| running)
    }

    /// How it has ended; `None` while it runs.
    ///
    /// # Errors
    /// If the operating system can't tell.
    pub fn try_wait(&mut self) -> std::io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// If the operating system can't tell.
    pub fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait()
    }

    /// What it died of, after it has ended with `status`, and the call that it was running; no cause
    /// if it has ended of its own accord between two calls.
    pub fn end(&self, status: ExitStatus) -> (Option<Running>, Option<CallError>) {
        let running = self.running();
        // A call may end its process with code 0 too.
        let fine = status.success() && running.is_none();
        (running, (!fine).then(|| death::cause(self, status)))
    }

    /// Waits for its end, ends what it has started, and says what it was at and died of.
    pub(crate) fn bury(mut self) -> (Option<Running>, Option<CallError>) {
        let status = self.wait();
        self.kill();
        match status {
            Ok(status) => self.end(status),
            Err(error) => {
                let reason = format!("its end can't be learned: {error}");
                (None, Some(CallError::WorkerLost { reason }))
            }
        }
    }

    /// Kills the process and every other of its group. One that has ended is what is wanted.
    pub fn kill(&self) {
        kill_group(self.id());
    }
}

/// Kills the processes of the group that the worker process `leader` leads.
pub(crate) fn kill_group(leader: u32) {
    if let Some(group) = rustix::process::Pid::from_raw(leader.cast_signed()) {
        rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
    }
}

/// A file without a name, to which writes append.
fn stream(name: &str) -> std::io::Result<File> {
    let fd: OwnedFd = memfd_create(name, MemfdFlags::CLOEXEC)?;
    fcntl_setfl(&fd, OFlags::APPEND)?;
    Ok(File::from(fd))
}
