//! Workers that do not begin by the time most have: others get their calls.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use lithops::prelude::*;
use lithops::{Capability, ComputeBackend, ComputeError, JobId, StorageBackend};
use lithops_backend_local::{ThreadBackend, ThreadConfig};
use lithops_core::ports::{CleanScope, Launch, Link, WorkerState, WorkerStatus};
use lithops_core::run::{Engine, EngineSettings};
use lithops_storage::MemoryStorage;
use lithops_worker::{Status, StorageWorker};

/// Threads through storage, but for some workers of the first launch, which are pending for ever.
#[derive(Debug)]
struct Sluggish {
    threads: ThreadBackend,
    never: BTreeSet<u32>,
    launches: Mutex<Vec<u32>>,
    workers: Mutex<Vec<Worker>>,
}

/// A worker of a wave; one that has begun tells when it has ended.
#[derive(Debug)]
struct Worker {
    wave: u32,
    worker: u32,
    ended: Option<Arc<AtomicBool>>,
}

fn run(order: lithops_core::wire::WorkOrder, worker: u32) -> Arc<AtomicBool> {
    let ended = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&ended);
    std::thread::spawn(move || {
        let status = Arc::new(Status::on_heap());
        let worker = StorageWorker { order, worker };
        worker.run_on_thread(status, Arc::default(), Box::new(|| {})).unwrap();
        tell.store(true, Ordering::Relaxed);
    });
    ended
}

#[async_trait]
impl ComputeBackend for Sluggish {
    fn capability(&self) -> Capability {
        self.threads.capability()
    }

    fn link(&self) -> Option<&dyn Link> {
        None
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        self.threads.deploy().await
    }

    async fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        self.launches.lock().unwrap().push(launch.workers);
        let wave = launch.order.wave;
        let workers = (0..launch.workers).map(|worker| {
            let starts = wave > 0 || !self.never.contains(&worker);
            let ended = starts.then(|| run(launch.order.clone(), worker));
            Worker { wave, worker, ended }
        });
        self.workers.lock().unwrap().extend(workers);
        Ok(())
    }

    async fn status(&self, _: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        let workers = self.workers.lock().unwrap();
        let told = workers.iter().map(|Worker { wave, worker, ended }| {
            let state = match ended.as_ref().map(|ended| ended.load(Ordering::Relaxed)) {
                None => WorkerState::Pending,
                Some(false) => WorkerState::Running,
                Some(true) => WorkerState::Succeeded,
            };
            WorkerStatus { wave: *wave, worker: *worker, state }
        });
        Ok(told.collect())
    }

    async fn cancel(&self, _: &JobId) -> Result<(), ComputeError> {
        Ok(())
    }

    async fn clean(&self, scope: CleanScope) -> Result<usize, ComputeError> {
        self.threads.clean(scope).await
    }
}

/// An executor of twelve workers, of which `never` do not begin.
fn sluggish(never: impl IntoIterator<Item = u32>) -> (Engine, Arc<Sluggish>) {
    lithops_storage::install();
    let backend = Arc::new(Sluggish {
        threads: ThreadBackend::new(ThreadConfig { workers: 12 }),
        never: never.into_iter().collect(),
        launches: Mutex::default(),
        workers: Mutex::default(),
    });
    let storage: Arc<dyn StorageBackend> = Arc::new(MemoryStorage::new());
    let compute: Arc<dyn ComputeBackend> = Arc::clone(&backend) as _;
    (Engine::new(compute, storage, EngineSettings::default(), None), backend)
}

fn double(x: u32) -> u32 {
    x * 2
}

#[tokio::test]
async fn the_calls_of_a_worker_that_never_begins_are_run_by_another_and_the_summary_tells() {
    let (exec, backend) = sluggish([3]);
    let handle = exec.map(double, 0..10).chunk_size(1).submit().unwrap();
    assert_eq!(handle.results().await.unwrap(), (0..10).map(double).collect::<Vec<_>>());
    assert_eq!(*backend.launches.lock().unwrap(), [10, 1]);
    let summary = handle.summary();
    assert_eq!((summary.hedged, summary.repeated), (1, 0));
    let told = "1 workers hedged that were late to begin";
    assert!(summary.to_string().contains(told), "{summary}");
}
