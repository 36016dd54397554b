//! Agents that call over TCP: processes of this very test program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agents;
mod backend;
mod place;
mod strangers;

use std::sync::Arc;
use std::time::Duration;

use lithops_core::run::{Engine, EngineSettings};
use lithops_storage::FileStorage;
use lithops_testkit::compute::TestExecutor;
use lithops_testkit::compute_suite;
use tempfile::TempDir;

/// How long anything may take that a test waits for.
const SOON: Duration = Duration::from_secs(30);

async fn executor() -> (TestExecutor, TempDir) {
    lithops_storage::install();
    let folder = tempfile::tempdir().unwrap();
    let storage = Arc::new(FileStorage::new(folder.path()).unwrap());
    let backend = Arc::new(backend::OverTcp::start().await);
    (Arc::new(Engine::new(backend, storage, EngineSettings::default(), None)), folder)
}

compute_suite!(over_tcp, executor(), {
    isolation: yes,
    memory_limit: yes,
    environment: yes,
    output: yes,
});
