//! Every backend and every way to it keeps the promises of the suite.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "storage-s3")]
use lithops::StorageBackend;
use lithops::{Builder, FunctionExecutor};
use lithops_testkit::compute::TestExecutor;
use lithops_testkit::compute_suite;
use tempfile::TempDir;

mod through_storage;

use through_storage::ThroughStorage;

/// Fails a test after which anything is left where jobs keep their objects.
enum Emptied {
    Folder(TempDir),
    #[cfg(feature = "storage-s3")]
    Bucket(Arc<dyn StorageBackend>),
}

impl Drop for Emptied {
    fn drop(&mut self) {
        let left: Vec<String> = match self {
            Self::Folder(folder) => {
                let entries = std::fs::read_dir(folder.path()).unwrap();
                entries.map(|entry| entry.unwrap().path().display().to_string()).collect()
            }
            #[cfg(feature = "storage-s3")]
            Self::Bucket(bucket) => match lithops::block_on(bucket.list("", None)) {
                Ok(page) => page.objects.into_iter().map(|object| object.key).collect(),
                // The first object makes the bucket, and there was none.
                Err(error) if error.kind == lithops::StorageErrorKind::NoPlace => Vec::new(),
                Err(error) => vec![error.to_string()],
            },
        };
        assert!(left.is_empty() || std::thread::panicking(), "{left:?}");
    }
}

/// A bucket of the S3 server that the environment names, in place of a folder: `cargo xtask test`
/// runs the suite so once more.
#[cfg(feature = "storage-s3")]
fn bucket_for(storage: &str) -> Option<Arc<lithops_storage::S3Storage>> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    std::env::var_os("LITHOPS_TEST_JOBS_IN_S3").filter(|_| storage == "file")?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("jobs-{}-{number}", std::process::id());
    let storage = lithops_storage::S3Storage::new(lithops_storage::S3Config::new(name));
    Some(Arc::new(storage.unwrap()))
}

fn builder(backend: &str) -> Builder {
    FunctionExecutor::builder()
        .backend(backend)
        .workers(2)
        .progress(false)
        .silence_bound(Duration::from_secs(20))
}

async fn direct(backend: &str) -> (TestExecutor, Emptied) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("jobs");
    let exec = builder(backend).storage_root(root).build().await.unwrap();
    (Arc::new(exec), Emptied::Folder(folder))
}

async fn through_storage(backend: &str, storage: &str) -> (TestExecutor, Emptied) {
    #[cfg(feature = "storage-s3")]
    if let Some(bucket) = bucket_for(storage) {
        bucket.create_bucket().await.unwrap();
        let bucket: Arc<dyn StorageBackend> = bucket;
        let builder = builder(backend).storage_backend(Arc::clone(&bucket));
        return (Arc::new(ThroughStorage(builder.build().await.unwrap())), Emptied::Bucket(bucket));
    }
    let folder = tempfile::tempdir().unwrap();
    let builder = builder(backend).storage(storage).storage_root(folder.path().join("jobs"));
    let exec = ThroughStorage(builder.build().await.unwrap());
    (Arc::new(exec), Emptied::Folder(folder))
}

compute_suite!(threads, direct("threads"), {
    isolation: "threads share the client's process",
    memory_limit: "threads share the client's memory",
    environment: "threads share the client's environment",
    output: "threads share the client's standard streams",
});

compute_suite!(threads_through_storage, through_storage("threads", "memory"), {
    isolation: "threads share the client's process",
    memory_limit: "threads share the client's memory",
    environment: "threads share the client's environment",
    output: "threads share the client's standard streams",
});

compute_suite!(processes, direct("processes"), {
    isolation: yes,
    memory_limit: yes,
    environment: yes,
    output: yes,
});

compute_suite!(processes_through_storage, through_storage("processes", "file"), {
    isolation: yes,
    memory_limit: yes,
    environment: yes,
    output: yes,
});
