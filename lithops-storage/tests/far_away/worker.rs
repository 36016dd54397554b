//! The worker: told a location, it reads one object and writes another.

use std::path::Path;
use std::process::ExitCode;

use lithops_core::config::Config;
use lithops_core::ports::{PutMode, StorageError, StorageLocation};
use lithops_storage::{configure, open};

/// The location of the storage.
const LOCATION: &str = "LITHOPS_TEST_LOCATION";

/// A file whose settings the process was told, as a client is.
pub(super) const TOLD: &str = "LITHOPS_TEST_TOLD";

/// What a worker writes, under the key `written`.
pub(super) const WRITTEN: &str = "written far away";

/// Does a worker's work, if this process is one.
pub(super) fn run() -> Option<ExitCode> {
    let location = StorageLocation::from_text(&std::env::var(LOCATION).ok()?).unwrap();
    if let Some(file) = std::env::var_os(TOLD) {
        configure(&Config::read(Path::new(&file)).unwrap());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    Some(match runtime.block_on(work(&location)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    })
}

async fn work(location: &StorageLocation) -> Result<(), StorageError> {
    let storage = open(location)?;
    let read = storage.get("given").await?;
    assert_eq!(read, "1");
    storage.put("written", WRITTEN.into(), PutMode::Overwrite).await
}

/// Starts a worker whose whole environment is this.
///
/// # Errors
/// What it said.
#[cfg(all(feature = "s3", feature = "gcs", feature = "azure", feature = "redis"))]
pub(super) async fn start(
    location: &StorageLocation,
    environment: &[(&str, &Path)],
) -> Result<(), String> {
    let mut worker = std::process::Command::new(std::env::current_exe().unwrap());
    worker.env_clear().env(LOCATION, location.to_text()).envs(environment.iter().copied());
    // The mock answers on this runtime meanwhile.
    let ended = tokio::task::spawn_blocking(move || worker.output()).await.unwrap().unwrap();
    match ended.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&ended.stderr).into_owned()),
    }
}
