//! Whose objects are left behind, and that they are removed whatever the platform says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lithops::prelude::*;
use lithops::{
    Capability, CleanScope, Cleaning, ComputeBackend, ComputeError, ComputeErrorKind, JobId,
    StorageBackend,
};
use lithops_backend_local::{ThreadBackend, ThreadConfig};
use lithops_core::ports::{Launch, Link, PutMode, WorkerStatus};
use lithops_core::run::{Engine, EngineSettings};
use lithops_storage::MemoryStorage;

/// A generous bound: what is waited for takes milliseconds.
const BOUND: Duration = Duration::from_secs(60);

/// Threads through storage, of a platform that can't be cleaned.
#[derive(Debug)]
struct Stubborn(ThreadBackend);

#[async_trait]
impl ComputeBackend for Stubborn {
    fn capability(&self) -> Capability {
        self.0.capability()
    }

    fn link(&self) -> Option<&dyn Link> {
        None
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        Ok("threads".to_owned())
    }

    async fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        self.0.start(launch).await
    }

    async fn status(&self, job: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        self.0.status(job).await
    }

    async fn cancel(&self, job: &JobId) -> Result<(), ComputeError> {
        self.0.cancel(job).await
    }

    async fn clean(&self, _: CleanScope) -> Result<usize, ComputeError> {
        let (kind, message) = (ComputeErrorKind::Unavailable, "the engine is away".to_owned());
        Err(ComputeError { kind, backend: "stubborn", operation: "clean", message, source: None })
    }
}

fn executor(settings: EngineSettings) -> (Engine, Arc<dyn StorageBackend>) {
    lithops_storage::install();
    let backend = Arc::new(Stubborn(ThreadBackend::new(ThreadConfig { workers: 1 })));
    let storage: Arc<dyn StorageBackend> = Arc::new(MemoryStorage::new());
    (Engine::new(backend, Arc::clone(&storage), settings, None), storage)
}

async fn keys(storage: &Arc<dyn StorageBackend>) -> Vec<String> {
    let page = storage.list("", None).await.unwrap();
    page.objects.into_iter().map(|object| object.key).collect()
}

static MAY_RETURN: AtomicBool = AtomicBool::new(false);

fn lasts(x: u32) -> u32 {
    while !MAY_RETURN.load(Ordering::Acquire) {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    x
}

/// Waits for a sign of life, and takes it away.
async fn sign(storage: &Arc<dyn StorageBackend>) -> String {
    let deadline = Instant::now() + BOUND;
    loop {
        if let Some(key) = keys(storage).await.into_iter().find(|key| key.ends_with("/alive")) {
            storage.delete(std::slice::from_ref(&key)).await.unwrap();
            return key;
        }
        assert!(Instant::now() < deadline, "no sign of life within {BOUND:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_job_that_lasts_gives_signs_of_life_which_go_with_it() {
    let sign_of_life = Duration::from_millis(20);
    let (exec, storage) = executor(EngineSettings { sign_of_life, ..EngineSettings::default() });
    let handle = exec.map(lasts, [7]).submit().unwrap();
    let first = sign(&storage).await;
    assert_eq!(first, format!("jobs/{}/alive", handle.id()));
    assert_eq!(sign(&storage).await, first);
    MAY_RETURN.store(true, Ordering::Release);
    assert_eq!(handle.results().await.unwrap(), [7]);
    // Results that nobody has dropped yet are not left behind either.
    assert_eq!(sign(&storage).await, first);
    drop(handle);
    exec.shutdown().await;
    assert_eq!(keys(&storage).await, [""; 0]);
}

#[tokio::test]
async fn a_platform_that_fails_does_not_keep_the_storage_from_being_cleaned() {
    let (exec, storage) = executor(EngineSettings::default());
    let left = ["jobs/0123456789ab-000/wave-00000", "lithops-test/a/b", "probe/0123456789ab"];
    for key in left.into_iter().chain(["objects/a"]) {
        storage.put(key, "1".into(), PutMode::Overwrite).await.unwrap();
    }
    let cleaning = Cleaning { scope: CleanScope::All, ..Cleaning::default() };
    let found = exec.leftovers(&cleaning).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|left| (left.name, left.count)).collect();
    found.sort();
    let told = ["jobs/0123456789ab-000/", "lithops-test/", "probe/"];
    assert_eq!(found, told.map(|prefix| (prefix.to_owned(), 1)));
    let error = exec.clean(&cleaning).await.unwrap_err();
    assert!(matches!(error, Error::Compute(_)), "{error}");
    assert_eq!(keys(&storage).await, ["objects/a"]);
}
