//! Whoever can only write to the storage starts no function.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use lithops::prelude::*;
use lithops::{Capability, ComputeBackend, ComputeError, JobId, StorageBackend};
use lithops_backend_local::{ProcessBackend, ProcessConfig};
use lithops_core::ports::{CleanScope, Launch, Link, PutMode, WorkerStatus};
use lithops_core::run::{Engine, EngineSettings};
use lithops_core::wire::keys;
use lithops_storage::FileStorage;

/// Processes, whose job's object somebody changes between its upload and their start.
#[derive(Debug)]
struct Intruded {
    processes: ProcessBackend,
    storage: Arc<dyn StorageBackend>,
    /// Which byte of the object's calls is changed, from its end; of its head if from its beginning.
    from_end: bool,
}

#[async_trait]
impl ComputeBackend for Intruded {
    fn capability(&self) -> Capability {
        self.processes.capability()
    }

    fn link(&self) -> Option<&dyn Link> {
        None
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        self.processes.deploy().await
    }

    async fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        let key = keys::wave(&launch.job, launch.order.wave);
        let mut object = self.storage.get(&key).await.unwrap().to_vec();
        let place = if self.from_end { launch.order.len as usize - 1 } else { 40 };
        object[place] ^= 1;
        self.storage.put(&key, Bytes::from(object), PutMode::Overwrite).await.unwrap();
        self.processes.start(launch).await
    }

    async fn status(&self, job: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        self.processes.status(job).await
    }

    async fn cancel(&self, job: &JobId) -> Result<(), ComputeError> {
        self.processes.cancel(job).await
    }

    async fn clean(&self, scope: CleanScope) -> Result<usize, ComputeError> {
        self.processes.clean(scope).await
    }
}

fn touch(path: String) {
    std::fs::write(path, "").unwrap();
}

#[tokio::test]
async fn a_worker_runs_nothing_of_an_object_that_is_not_the_one_it_was_started_for() {
    lithops_storage::install();
    for from_end in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let storage: Arc<dyn StorageBackend> =
            Arc::new(FileStorage::new(folder.path().join("jobs")).unwrap());
        let processes = ProcessBackend::new(ProcessConfig { workers: 1, program: None });
        let backend = Intruded { processes, storage: Arc::clone(&storage), from_end };
        let exec = Engine::new(Arc::new(backend), storage, EngineSettings::default(), None);
        let touched = folder.path().join("touched");
        let error = exec.map(touch, [touched.to_str().unwrap().to_owned()]).await.unwrap_err();
        let Error::Call { cause: CallError::WorkerLost { reason }, .. } = &error else {
            panic!("{error}")
        };
        assert!(reason.contains("is not the object that this worker was started for"), "{reason}");
        assert!(!touched.exists());
    }
}
