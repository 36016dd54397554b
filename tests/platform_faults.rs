//! What a platform that loses workers, or can't start them, costs a job through storage.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lithops::prelude::*;
use lithops::{
    Capability, ComputeBackend, ComputeError, ComputeErrorKind, JobId, RetryPolicy, StorageBackend,
};
use lithops_backend_local::{ThreadBackend, ThreadConfig};
use lithops_core::ports::{CleanScope, Launch, Link, WorkerState, WorkerStatus};
use lithops_core::run::{Engine, EngineSettings};
use lithops_storage::MemoryStorage;

/// What befalls one launch.
#[derive(Clone, Copy, Debug)]
enum Fault {
    NotDeployed(ComputeErrorKind),
    NotStarted(ComputeErrorKind),
    /// All its workers are gone before any call has ended.
    Lost {
        unseen: bool,
    },
}

/// Threads through storage, but for the first launches.
#[derive(Debug)]
struct Shaky {
    threads: ThreadBackend,
    faults: Mutex<VecDeque<Fault>>,
    lost: Mutex<Vec<WorkerStatus>>,
    /// How many workers each launch asked for.
    launches: Mutex<Vec<u32>>,
}

fn refused(kind: ComputeErrorKind) -> ComputeError {
    let message = "the engine is away: start it".to_owned();
    ComputeError { kind, backend: "shaky", operation: "launch", message, source: None }
}

#[async_trait]
impl ComputeBackend for Shaky {
    fn capability(&self) -> Capability {
        self.threads.capability()
    }

    fn link(&self) -> Option<&dyn Link> {
        None
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        let mut faults = self.faults.lock().unwrap();
        if let Some(Fault::NotDeployed(kind)) = faults.front().copied() {
            faults.pop_front();
            self.launches.lock().unwrap().push(0);
            return Err(refused(kind));
        }
        Ok("threads".to_owned())
    }

    async fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        self.launches.lock().unwrap().push(launch.workers);
        let fault = self.faults.lock().unwrap().pop_front();
        match fault {
            None => self.threads.start(launch).await,
            Some(Fault::Lost { unseen }) => {
                let cause = CallError::WorkerLost { reason: "the container is gone".to_owned() };
                let state = WorkerState::Failed { running: None, unseen, cause };
                let wave = launch.order.wave;
                let lost = (0..launch.workers).map(|worker| {
                    let state = state.clone();
                    WorkerStatus { wave, worker, state }
                });
                self.lost.lock().unwrap().extend(lost);
                Ok(())
            }
            Some(Fault::NotDeployed(kind) | Fault::NotStarted(kind)) => Err(refused(kind)),
        }
    }

    async fn status(&self, job: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        let mut all = self.threads.status(job).await?;
        all.extend(self.lost.lock().unwrap().iter().cloned());
        Ok(all)
    }

    async fn cancel(&self, job: &JobId) -> Result<(), ComputeError> {
        self.threads.cancel(job).await
    }

    async fn clean(&self, scope: CleanScope) -> Result<usize, ComputeError> {
        self.threads.clean(scope).await
    }
}

/// An executor of four workers whose first launches meet `faults`.
fn shaky(faults: impl IntoIterator<Item = Fault>) -> (Engine, Arc<Shaky>) {
    lithops_storage::install();
    let backend = Arc::new(Shaky {
        threads: ThreadBackend::new(ThreadConfig { workers: 4 }),
        faults: Mutex::new(faults.into_iter().collect()),
        lost: Mutex::default(),
        launches: Mutex::default(),
    });
    let storage: Arc<dyn StorageBackend> = Arc::new(MemoryStorage::new());
    let compute: Arc<dyn ComputeBackend> = Arc::clone(&backend) as _;
    (Engine::new(compute, storage, EngineSettings::default(), None), backend)
}

fn double(x: u32) -> u32 {
    x * 2
}

fn doubled() -> Vec<u32> {
    (0..8).map(double).collect()
}

#[tokio::test]
async fn four_workers_that_are_lost_unseen_at_once_cost_no_result() {
    let (exec, backend) = shaky([Fault::Lost { unseen: true }]);
    let handle = exec.map(double, 0..8).chunk_size(2).submit().unwrap();
    assert_eq!(handle.results().await.unwrap(), doubled());
    assert_eq!(backend.launches.lock().unwrap()[0], 4);
    let failed = (0..8).map(|index| handle.future(index).failed_attempts().len());
    assert_eq!(failed.collect::<Vec<_>>(), [1, 0, 1, 0, 1, 0, 1, 0]);
}

#[tokio::test]
async fn a_call_whose_worker_is_always_lost_unseen_is_named_after_three_attempts() {
    let (exec, backend) = shaky([Fault::Lost { unseen: true }; 9]);
    let handle = exec.map(double, [1]).submit().unwrap();
    let error = handle.results().await.unwrap_err();
    let Error::Call { cause: CallError::WorkerLost { reason }, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(reason, "the container is gone");
    assert_eq!(handle.future(0).failed_attempts().len(), 2);
    assert_eq!(*backend.launches.lock().unwrap(), [1, 1, 1]);
}

#[tokio::test]
async fn what_takes_four_workers_at_once_is_one_event_and_costs_no_result() {
    let (exec, backend) = shaky([Fault::Lost { unseen: false }]);
    let handle = exec.map(double, 0..8).chunk_size(2).submit().unwrap();
    assert_eq!(handle.results().await.unwrap(), doubled());
    assert_eq!(backend.launches.lock().unwrap()[0], 4);
}

#[tokio::test]
async fn workers_that_end_between_calls_four_times_in_a_row_end_the_job() {
    let (exec, backend) = shaky([Fault::Lost { unseen: false }; 9]);
    let policy = RetryPolicy { worker_deaths: 9, ..RetryPolicy::default() };
    let error = exec.map(double, 0..8).chunk_size(2).retry_policy(policy).await.unwrap_err();
    let Error::Call { cause: CallError::WorkerLost { reason }, .. } = error else {
        panic!("{error}")
    };
    assert!(reason.starts_with("workers ended 4 times in a row before any call did"), "{reason}");
    assert_eq!(backend.launches.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_start_that_fails_twice_and_then_works_costs_no_result_and_pauses() {
    let kind = ComputeErrorKind::Unavailable;
    let (exec, backend) = shaky([Fault::NotDeployed(kind), Fault::NotStarted(kind)]);
    let begun = Instant::now();
    let handle = exec.map(double, 0..8).chunk_size(4).submit().unwrap();
    assert_eq!(handle.results().await.unwrap(), doubled());
    let backoff = RetryPolicy::default().backoff;
    assert!(begun.elapsed() >= backoff * 3, "{:?}", begun.elapsed());
    // The chunks stay as they were planned.
    assert_eq!(*backend.launches.lock().unwrap(), [0, 2, 2]);
    assert!((0..8).all(|index| handle.future(index).failed_attempts().is_empty()));
}

#[tokio::test]
async fn a_start_that_always_fails_ends_the_job_after_four_with_the_reason() {
    let policy = RetryPolicy { backoff: Duration::from_millis(1), ..RetryPolicy::default() };
    use ComputeErrorKind::{Quota, Start, Unavailable};
    for kind in [Quota, Start, Unavailable] {
        let (exec, backend) = shaky([Fault::NotStarted(kind); 9]);
        let error = exec.map(double, 0..8).chunk_size(4).retry_policy(policy).await.unwrap_err();
        let Error::Call { cause: CallError::JobFailed { reason }, .. } = error else {
            panic!("{error}")
        };
        assert!(reason.starts_with("workers could not be started, 4 times in a row"), "{reason}");
        assert!(reason.contains(&refused(kind).to_string()), "{reason}");
        assert_eq!(*backend.launches.lock().unwrap(), [2, 2, 2, 2]);
    }
}

#[tokio::test]
async fn a_start_that_can_never_work_ends_the_job_at_once() {
    use ComputeErrorKind::{Denied, Unsupported};
    for (fault, kind, launches) in [
        (Fault::NotStarted(Denied), Denied, [4]),
        (Fault::NotStarted(Unsupported), Unsupported, [4]),
        (Fault::NotDeployed(Denied), Denied, [0]),
    ] {
        let (exec, backend) = shaky([fault; 9]);
        let error = exec.map(double, 0..8).chunk_size(2).await.unwrap_err();
        let Error::Call { cause: CallError::JobFailed { reason }, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(reason, refused(kind).to_string());
        assert_eq!(*backend.launches.lock().unwrap(), launches);
    }
}
