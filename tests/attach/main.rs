//! Jobs that outlive their client: taken up by another, from what is in storage.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod forged;
mod handed_over;
mod killed;
mod refused;

use std::path::Path;
use std::time::{Duration, Instant};

use lithops::FunctionExecutor;
use lithops_core::ports::StorageBackend;
use lithops_core::wire::{Frame, FromWorker, JobId, Report, keys};

/// A generous bound: what is waited for takes milliseconds.
const BOUND: Duration = Duration::from_secs(60);

/// Waits until `condition` gives something.
fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + BOUND;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not within {BOUND:?}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// An executor of two processes, whose jobs are in `folder`, and whose key is there too.
async fn executor(folder: &Path) -> FunctionExecutor {
    let config = lithops::Config { key_file: Some(folder.join("key")), ..Default::default() };
    let builder = lithops::Builder::new(config).workers(2).storage_root(folder.join("jobs"));
    builder.journal(false).build().await.unwrap()
}

/// What workers have reported of a job, as it stands in storage.
async fn reports(storage: &dyn StorageBackend, job: &JobId) -> Vec<Report> {
    let mut reports = Vec::new();
    for object in storage.list(&keys::outcomes(job), None).await.unwrap().objects {
        for frame in Frame::read_all(storage.get(&object.key).await.unwrap()).unwrap() {
            if let FromWorker::Reports { reports: more, .. } = FromWorker::decode(frame).unwrap() {
                reports.extend(more);
            }
        }
    }
    reports
}
