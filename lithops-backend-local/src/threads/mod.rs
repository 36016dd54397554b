//! Calls on threads of the client's own process.

mod lane;
mod tasks;

use std::sync::Arc;

use async_trait::async_trait;
use lithops_core::ports::{
    Capability, CleanScope, ComputeBackend, ComputeError, Isolation, Lane, LaneSink, Launch, Link,
    WorkerProfile, WorkerStatus,
};
use lithops_core::wire::JobId;
use tasks::Tasks;

/// Settings of the thread pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadConfig {
    /// How many calls run at once.
    pub workers: usize,
}

impl Default for ThreadConfig {
    fn default() -> Self {
        Self { workers: crate::default_workers() }
    }
}

/// Runs calls on threads of the client's own process.
///
/// No call is isolated: one that exits or crashes takes the program along, and one past its limit is
/// abandoned, its thread running on until the function returns.
#[derive(Debug)]
pub struct ThreadBackend {
    config: ThreadConfig,
    tasks: Arc<Tasks>,
}

impl ThreadBackend {
    /// A pool that starts its threads as jobs need them.
    pub fn new(config: ThreadConfig) -> Self {
        Self { config, tasks: Arc::default() }
    }
}

/// The backend's name in messages.
const BACKEND: &str = "threads";

#[async_trait]
impl ComputeBackend for ThreadBackend {
    fn capability(&self) -> Capability {
        Capability {
            backend: BACKEND,
            max_workers: self.config.workers.max(1),
            slots: 1,
            isolation: Isolation::Thread,
            on_this_machine: true,
            memory_limit: false,
            environment: false,
            captures_output: false,
            max_duration: None,
            billing: None,
        }
    }

    fn link(&self) -> Option<&dyn Link> {
        Some(self)
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        Ok("this process".to_owned())
    }

    async fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        self.tasks.start(launch)
    }

    async fn status(&self, job: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        Ok(self.tasks.status(job))
    }

    async fn cancel(&self, job: &JobId) -> Result<(), ComputeError> {
        self.tasks.cancel(job);
        Ok(())
    }

    async fn clean(&self, scope: CleanScope) -> Result<usize, ComputeError> {
        // Threads leave nothing behind.
        if let CleanScope::Job(job) = scope {
            self.tasks.cancel(&job);
        }
        Ok(0)
    }
}

#[async_trait]
impl Link for ThreadBackend {
    async fn open(
        &self,
        _profile: &WorkerProfile,
        sink: LaneSink,
    ) -> Result<Box<dyn Lane>, ComputeError> {
        Ok(Box::new(lane::open(sink)?))
    }
}
