//! Processes that go by an order through storage, as a worker in a cloud does.

use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lithops_core::ports::{ComputeError, Launch, WorkerState, WorkerStatus};
use lithops_core::wire::{CallError, JobId, WorkerStart, WorkerTask};
use lithops_worker::WorkerProcess;

use super::{ProcessConfig, spawn};
use crate::order::failed;

/// Processes that go by an order, by job.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    jobs: Mutex<HashMap<JobId, Vec<Task>>>,
}

#[derive(Debug)]
struct Task {
    wave: u32,
    worker: u32,
    process: WorkerProcess,
    end: Option<WorkerState>,
    /// The worker ends when this is closed, also by the death of this process.
    _leash: UnixStream,
}

impl Tasks {
    fn jobs(&self) -> MutexGuard<'_, HashMap<JobId, Vec<Task>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn start(
        &self,
        config: &ProcessConfig,
        launch: &Launch,
    ) -> Result<(), ComputeError> {
        let order = launch.order.to_text();
        let mut started = Vec::new();
        for worker in 0..launch.workers {
            // Dropping the ones that have started ends them.
            let (leash, theirs) = super::lane::pair()?;
            let start = WorkerStart {
                lane: u64::from(worker),
                task: WorkerTask::Order { worker, order: order.clone() },
                environment: launch.profile.environment.clone(),
                memory: launch.profile.memory,
            };
            let process = spawn(config, &start, theirs)?;
            let wave = launch.order.wave;
            started.push(Task { wave, worker, process, end: None, _leash: leash });
        }
        self.jobs().entry(launch.job.clone()).or_default().extend(started);
        Ok(())
    }

    pub(super) fn status(&self, job: &JobId) -> Vec<WorkerStatus> {
        let mut jobs = self.jobs();
        let tasks = jobs.get_mut(job).map(Vec::as_mut_slice).unwrap_or_default();
        let status = |task: &mut Task| WorkerStatus {
            wave: task.wave,
            worker: task.worker,
            state: task.state(),
        };
        tasks.iter_mut().map(status).collect()
    }

    pub(super) fn cancel(&self, job: &JobId) {
        self.jobs().remove(job);
    }
}

impl Task {
    fn state(&mut self) -> WorkerState {
        if let Some(end) = &self.end {
            return end.clone();
        }
        let end = match self.process.try_wait() {
            Ok(None) => return WorkerState::Running,
            Ok(Some(status)) => match self.process.end(status) {
                (_, None) => WorkerState::Succeeded,
                (running, Some(cause)) => failed(running, false, cause),
            },
            Err(error) => {
                let reason = format!("its end can't be learned: {error}");
                failed(None, false, CallError::WorkerLost { reason })
            }
        };
        self.end.insert(end).clone()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if self.end.is_none() {
            self.process.kill();
            // Reaped here, so that no zombie stays; it was killed, so this takes no time.
            self.process.wait().ok();
        }
    }
}
