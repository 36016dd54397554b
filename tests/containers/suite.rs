//! The promises of every backend.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use lithops::{Builder, Config, ContainersSection, FunctionExecutor};
use lithops_testkit::compute::{Setup, Subject, TestExecutor};
use tempfile::TempDir;

#[path = "../through_storage/mod.rs"]
mod through_storage;

use through_storage::ThroughStorage;

/// Fails a test after which anything is left where jobs keep their objects.
struct Emptied(TempDir);

impl Drop for Emptied {
    fn drop(&mut self) {
        let left: Vec<_> = std::fs::read_dir(self.0.path()).unwrap().collect();
        assert!(left.is_empty() || std::thread::panicking(), "{left:?}");
    }
}

/// An executor of two workers in containers, with these settings on top of the defaults.
pub(crate) async fn executor(change: impl FnOnce(&mut ContainersSection)) -> FunctionExecutor {
    workers(2, change).await
}

/// As [`executor`], with as many workers.
pub(crate) async fn workers(
    count: usize,
    change: impl FnOnce(&mut ContainersSection),
) -> FunctionExecutor {
    let mut config = Config { backend: "containers".to_owned(), ..Config::default() };
    change(&mut config.containers);
    let builder = Builder::new(config).workers(count).progress(false).storage("memory");
    builder.build().await.unwrap()
}

fn builder(slots: usize, folder: &TempDir) -> Builder {
    let mut config = Config { backend: "containers".to_owned(), ..Config::default() };
    config.containers.worker_processes = Some(slots);
    let root = folder.path().join("jobs");
    Builder::new(config)
        .workers(2)
        .progress(false)
        .storage_root(root)
        .silence_bound(Duration::from_secs(20))
}

async fn direct() -> (TestExecutor, Box<dyn Any>) {
    let folder = tempfile::tempdir().unwrap();
    let exec = builder(1, &folder).build().await.unwrap();
    (Arc::new(exec), Box::new(Emptied(folder)))
}

/// Two calls share a container, and each job goes through storage.
async fn through_storage() -> (TestExecutor, Box<dyn Any>) {
    let folder = tempfile::tempdir().unwrap();
    let exec = builder(2, &folder).build().await.unwrap();
    (Arc::new(ThroughStorage(exec)), Box::new(Emptied(folder)))
}

pub(crate) fn subjects(engine: &Result<String, String>) -> [Subject; 2] {
    let subject = |name, setup: Setup| Subject {
        name,
        setup: engine.clone().map(|_| setup),
        isolation: Ok(()),
        memory_limit: Ok(()),
        environment: Ok(()),
        output: Ok(()),
    };
    [
        subject("containers", Arc::new(|| Box::pin(direct()))),
        subject("containers_through_storage", Arc::new(|| Box::pin(through_storage()))),
    ]
}
