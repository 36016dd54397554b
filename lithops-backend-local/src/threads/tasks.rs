//! Threads that go by an order through storage, as a worker in a cloud does.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lithops_core::ports::{ComputeError, Launch, WorkerState, WorkerStatus};
use lithops_core::wire::{CallError, JobId};
use lithops_worker::{Status, StorageWorker};

/// Threads that go by an order, by job.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    jobs: Mutex<HashMap<JobId, Vec<Task>>>,
}

#[derive(Debug)]
struct Task {
    wave: u32,
    worker: u32,
    cancelled: Arc<AtomicBool>,
    state: Arc<Mutex<WorkerState>>,
}

impl Tasks {
    fn jobs(&self) -> MutexGuard<'_, HashMap<JobId, Vec<Task>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        let mut started = Vec::new();
        for worker in 0..launch.workers {
            let cancelled = Arc::new(AtomicBool::new(false));
            let state = Arc::new(Mutex::new(WorkerState::Running));
            let task = StorageWorker { order: launch.order.clone(), worker };
            // Dropping the ones that have started ends them.
            spawn(task, Arc::clone(&cancelled), Arc::clone(&state))?;
            started.push(Task { wave: launch.order.wave, worker, cancelled, state });
        }
        self.jobs().entry(launch.job).or_default().extend(started);
        Ok(())
    }

    pub(super) fn status(&self, job: &JobId) -> Vec<WorkerStatus> {
        let jobs = self.jobs();
        let tasks = jobs.get(job).map(Vec::as_slice).unwrap_or_default();
        let status = |task: &Task| WorkerStatus {
            wave: task.wave,
            worker: task.worker,
            state: task.state.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        };
        tasks.iter().map(status).collect()
    }

    pub(super) fn cancel(&self, job: &JobId) {
        self.jobs().remove(job);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

fn spawn(
    task: StorageWorker,
    cancelled: Arc<AtomicBool>,
    state: Arc<Mutex<WorkerState>>,
) -> Result<(), ComputeError> {
    let status = Arc::new(Status::on_heap());
    let set = |state: &Mutex<WorkerState>, to: WorkerState| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        // A thread that was abandoned may still end by itself; that says nothing more.
        if *state == WorkerState::Running {
            *state = to;
        }
    };
    let abandon = {
        let (cancelled, state, status) =
            (Arc::clone(&cancelled), Arc::clone(&state), Arc::clone(&status));
        move || {
            cancelled.store(true, Ordering::Relaxed);
            let running = status.running().map(|(running, _)| running);
            let cause = CallError::WorkerLost { reason: "its thread was abandoned".to_owned() };
            set(&state, WorkerState::Failed { running, unseen: false, cause });
        }
    };
    std::thread::Builder::new()
        .name("lithops-slot".to_owned())
        .stack_size(8 << 20)
        .spawn(move || {
            let end = task.run_on_thread(status, cancelled, Box::new(abandon));
            set(
                &state,
                match end {
                    Ok(()) => WorkerState::Succeeded,
                    Err(error) => {
                        let cause = CallError::WorkerLost { reason: error.to_string() };
                        WorkerState::Failed { running: None, unseen: false, cause }
                    }
                },
            );
        })
        .map_err(super::lane::no_thread)?;
    Ok(())
}
