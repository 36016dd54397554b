//! A client's sign of life: the objects of its jobs are not left behind, however long nobody writes
//! any.
//!
//! Workers that report over a link write nothing to the storage for as long as their calls run, and a
//! client may hold results for hours.

use std::sync::Weak;
use std::time::Duration;

use bytes::Bytes;

use super::engine::Inner;
use crate::ports::{PutMode, StorageBackend, StorageError};
use crate::wire::{JobId, keys};

/// How long the storage may take for one job's sign.
const BOUND: Duration = Duration::from_secs(10);

/// Writes a sign for each job that has objects, every `period` from its first on; ends when no job
/// has any.
pub(super) async fn tell(engine: Weak<Inner>, period: Duration) {
    loop {
        tokio::time::sleep(period).await;
        // Not held longer: with its last handle the engine stops its workers.
        let Some(jobs) = engine.upgrade().and_then(|engine| engine.to_tell_of(period)) else {
            return;
        };
        for job in jobs {
            tell_of(&engine, &job).await;
        }
    }
}

async fn tell_of(engine: &Weak<Inner>, job: &JobId) {
    // Begun before the job is looked for: who removes it waits for what is written here.
    let Some((storage, writing)) = engine.upgrade().map(|engine| engine.begin_writing()) else {
        return;
    };
    let is_held = || engine.upgrade().is_some_and(|engine| engine.holds(job));
    if !is_held() {
        return;
    }
    let key = keys::alive(job);
    let put = storage.put(&key, Bytes::new(), PutMode::Overwrite);
    match tokio::time::timeout(BOUND, put).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%job, %error, "its objects may be taken for left behind"),
        Err(_) => tracing::warn!(%job, bound = ?BOUND, "its objects may be taken for left behind"),
    }
    if !is_held()
        && let Err(error) = remove(&*storage, key).await
    {
        tracing::warn!(%job, %error, "its sign of life could not be removed");
    }
    drop(writing);
}

/// The job's objects were removed meanwhile, the sign perhaps not yet among them.
async fn remove(storage: &dyn StorageBackend, key: String) -> Result<(), StorageError> {
    let key = [key];
    // Where that takes too long, the sign is left behind, as it then tells itself.
    tokio::time::timeout(BOUND, storage.delete(&key)).await.unwrap_or(Ok(()))
}
