//! Calls in processes of their own: the client's program, started again.

mod lane;
mod tasks;

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use lithops_core::ports::{
    Capability, CleanScope, ComputeBackend, ComputeError, ComputeErrorKind, Isolation, Lane,
    LaneSink, Launch, Link, WorkerProfile, WorkerStatus,
};
use lithops_core::wire::{JobId, WorkerStart};
use lithops_worker::WorkerProcess;
use tasks::Tasks;

/// Settings of the process pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessConfig {
    /// How many calls run at once, each in a process.
    pub workers: usize,
    /// The program that is started as a worker; this very program, unless set. Another one must
    /// contain the same functions, by path and signature.
    pub program: Option<PathBuf>,
}

impl Default for ProcessConfig {
    fn default() -> Self {
        Self { workers: crate::default_workers(), program: None }
    }
}

/// Runs calls in worker processes: this program started again, which becomes a worker before it
/// reaches its `main`.
///
/// Processes are started as jobs need them, kept warm between jobs, and replaced when they die. Each
/// runs one call at a time and is the leader of a process group: what a call starts ends with it.
#[derive(Debug)]
pub struct ProcessBackend {
    config: ProcessConfig,
    tasks: Arc<Tasks>,
}

impl ProcessBackend {
    /// A pool that starts its processes as jobs need them.
    pub fn new(config: ProcessConfig) -> Self {
        lithops_worker::refuse_stray_worker();
        Self { config, tasks: Arc::default() }
    }
}

/// The backend's name in messages.
const BACKEND: &str = "processes";

/// The program to start: this one by the kernel's own link to it, which survives that a build
/// replaces the file.
fn program(config: &ProcessConfig) -> PathBuf {
    config.program.clone().unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

/// Starts a worker whose standard input is `stdin`.
fn spawn(
    config: &ProcessConfig,
    start: &WorkerStart,
    stdin: UnixStream,
) -> Result<WorkerProcess, ComputeError> {
    let program = program(config);
    WorkerProcess::spawn(&program, start, OwnedFd::from(stdin)).map_err(|error| ComputeError {
        kind: ComputeErrorKind::Start,
        backend: BACKEND,
        operation: "start a worker process",
        message: format!("{}: {error}", program.display()),
        source: Some(Box::new(error)),
    })
}

#[async_trait]
impl ComputeBackend for ProcessBackend {
    fn capability(&self) -> Capability {
        Capability {
            backend: BACKEND,
            max_workers: self.config.workers.max(1),
            slots: 1,
            isolation: Isolation::Process,
            on_this_machine: true,
            memory_limit: true,
            environment: true,
            captures_output: true,
            max_duration: None,
            billing: None,
        }
    }

    fn program(&self) -> Option<&Path> {
        self.config.program.as_deref()
    }

    fn link(&self) -> Option<&dyn Link> {
        Some(self)
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        let program = program(&self.config);
        match std::fs::metadata(&program) {
            Ok(_) => Ok(program.display().to_string()),
            Err(error) => Err(ComputeError {
                kind: ComputeErrorKind::Start,
                backend: BACKEND,
                operation: "find the worker's program",
                message: format!("{}: {error}", program.display()),
                source: Some(Box::new(error)),
            }),
        }
    }

    async fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        self.tasks.start(&self.config, &launch)
    }

    async fn status(&self, job: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        Ok(self.tasks.status(job))
    }

    async fn cancel(&self, job: &JobId) -> Result<(), ComputeError> {
        self.tasks.cancel(job);
        Ok(())
    }

    async fn clean(&self, scope: CleanScope) -> Result<usize, ComputeError> {
        // A dead client's workers have ended with it, and have no files.
        if let CleanScope::Job(job) = scope {
            self.tasks.cancel(&job);
        }
        Ok(0)
    }
}

#[async_trait]
impl Link for ProcessBackend {
    async fn open(
        &self,
        profile: &WorkerProfile,
        sink: LaneSink,
    ) -> Result<Box<dyn Lane>, ComputeError> {
        Ok(Box::new(lane::open(&self.config, profile, sink)?))
    }
}
