//! Workers in containers that go by an order through storage.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::try_join_all;
use lithops_agents::{Agent, Worker, WorkerEnd};
use lithops_core::ports::{ComputeError, Launch, WorkerState, WorkerStatus};
use lithops_core::wire::{JobId, WorkerTask};
use tokio::task::JoinHandle;

use super::host::Host;
use crate::order::failed;

/// Workers that go by an order, by job.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    jobs: Mutex<HashMap<JobId, Vec<Task>>>,
}

#[derive(Debug)]
struct Task {
    wave: u32,
    worker: u32,
    state: Arc<Mutex<WorkerState>>,
    agent: Arc<Agent>,
    lane: u64,
    /// Holds the connection that the worker ends with.
    watch: JoinHandle<()>,
}

impl Tasks {
    fn jobs(&self) -> MutexGuard<'_, HashMap<JobId, Vec<Task>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn start(&self, host: &Host, launch: &Launch) -> Result<(), ComputeError> {
        let order = launch.order.to_text();
        let start = |worker| {
            let order = order.clone();
            async move {
                let task = WorkerTask::Order { worker, order };
                let started = host.worker(task, &launch.profile).await?;
                Ok(Task::of(started, launch.order.wave, worker))
            }
        };
        // Dropping the ones that have started ends them.
        let started = try_join_all((0..launch.workers).map(start)).await?;
        self.jobs().entry(launch.job.clone()).or_default().extend(started);
        Ok(())
    }

    pub(super) fn status(&self, job: &JobId) -> Vec<WorkerStatus> {
        let jobs = self.jobs();
        let tasks = jobs.get(job).map(Vec::as_slice).unwrap_or_default();
        let state = |task: &Task| task.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let status =
            |task: &Task| WorkerStatus { wave: task.wave, worker: task.worker, state: state(task) };
        tasks.iter().map(status).collect()
    }

    pub(super) fn cancel(&self, job: &JobId) {
        self.jobs().remove(job);
    }
}

impl Task {
    fn of(started: Worker, wave: u32, worker: u32) -> Self {
        let state = Arc::new(Mutex::new(WorkerState::Pending));
        let (agent, lane) = (Arc::clone(started.agent()), started.lane());
        let watch = tokio::spawn(watch(started, Arc::clone(&state)));
        Self { wave, worker, state, agent, lane, watch }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.watch.abort();
        self.agent.kill(self.lane);
    }
}

/// Keeps a worker's state true until its end.
async fn watch(mut worker: Worker, state: Arc<Mutex<WorkerState>>) {
    let set = |new| *state.lock().unwrap_or_else(PoisonError::into_inner) = new;
    let (begun, end) = match worker.connection().await {
        Ok(_leash) => {
            set(WorkerState::Running);
            (true, worker.ended().await)
        }
        Err(end) => (false, end),
    };
    set(match end {
        WorkerEnd { cause: None, .. } => WorkerState::Succeeded,
        WorkerEnd { running, unseen, cause: Some(cause) } => {
            failed(running, begun && unseen, cause)
        }
    });
}
