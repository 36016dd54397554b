//! Starts a worker process.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use lithops_core::ports::{ComputeError, ComputeErrorKind, WorkerProfile};
use lithops_worker::{
    ENTRY_VARIABLE, LEASH_VARIABLE, MEMORY_VARIABLE, PAGE_SIZE, Status, WORKER_VARIABLE,
    passed_init,
};
use rustix::fs::{MemfdFlags, OFlags, fcntl_setfl, memfd_create};

use super::{BACKEND, ProcessConfig};

/// A worker process and what its parent shares with it.
#[derive(Debug)]
pub(super) struct WorkerProcess {
    pub(super) child: Child,
    /// What the process is doing; readable after its death too.
    pub(super) status: Status,
    /// Its standard error.
    pub(super) stderr: File,
    /// Limit of its memory.
    pub(super) memory: Option<u64>,
}

/// The program to start: this one by the kernel's own link to it, which survives that a build
/// replaces the file.
pub(super) fn program(config: &ProcessConfig) -> PathBuf {
    config.program.clone().unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

/// Starts a worker with `stdin`, and `worker` for what it is to do.
pub(super) fn spawn(
    config: &ProcessConfig,
    profile: &WorkerProfile,
    stdin: Stdio,
    worker: &str,
    order: Option<(&str, &str)>,
) -> Result<WorkerProcess, ComputeError> {
    let program = program(config);
    let failed = |error: std::io::Error| ComputeError {
        kind: ComputeErrorKind::Start,
        backend: BACKEND,
        operation: "start a worker process",
        message: format!("{}: {error}", program.display()),
        source: Some(Box::new(error)),
    };
    let stdout = stream("lithops-stdout").map_err(failed)?;
    stdout.set_len(PAGE_SIZE).map_err(failed)?;
    let status = Status::in_file(&stdout).map_err(failed)?;
    let stderr = stream("lithops-stderr").map_err(failed)?;
    let mut command = Command::new(&program);
    command
        .stdin(stdin)
        .stdout(stdout)
        .stderr(stderr.try_clone().map_err(failed)?)
        // A group of its own: Ctrl-C at the terminal is the client's to handle, and what a call
        // starts can be ended with it.
        .process_group(0)
        .envs(&profile.environment)
        .env(WORKER_VARIABLE, worker)
        .env(ENTRY_VARIABLE, if passed_init() { "main" } else { "constructor" });
    if let Some((name, value)) = order {
        command.env(name, value).env(LEASH_VARIABLE, "1");
    }
    if let Some(memory) = profile.memory {
        command.env(MEMORY_VARIABLE, memory.to_string());
    }
    let child = command.spawn().map_err(failed)?;
    Ok(WorkerProcess { child, status, stderr, memory: profile.memory })
}

/// A file without a name, to which writes append.
fn stream(name: &str) -> std::io::Result<File> {
    let fd: OwnedFd = memfd_create(name, MemfdFlags::CLOEXEC)?;
    fcntl_setfl(&fd, OFlags::APPEND)?;
    Ok(File::from(fd))
}

impl WorkerProcess {
    /// Kills the process and every other of its group.
    pub(super) fn kill(&self) {
        let group = rustix::process::Pid::from_child(&self.child);
        // It may have ended already; that is what is wanted.
        rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
    }
}
