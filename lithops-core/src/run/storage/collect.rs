//! Finds and reads batches of outcomes.

use std::collections::HashSet;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};

use crate::ports::{StorageBackend, StorageError};
use crate::wire::{Frame, FrameError, FromWorker, JobId, Report, keys};

/// How far back a listing begins before the newest batch seen, in milliseconds: workers' clocks
/// differ, and a batch may become visible after a younger one.
const OVERLAP_MS: u64 = 30_000;
/// Every so many listings one starts from the beginning, so that no clock is ever trusted alone.
const FULL: u32 = 64;
/// Batches that are read at once.
const AT_ONCE: usize = 16;

/// What has been seen of a job's outcome prefix.
#[derive(Debug)]
pub(super) struct Collector {
    storage: Arc<dyn StorageBackend>,
    prefix: String,
    seen: HashSet<String>,
    newest_ms: u64,
    listings: u32,
}

/// One batch: who wrote it and what it says.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) wave: u32,
    pub(super) worker: u32,
    pub(super) reports: Vec<Report>,
}

/// Why a batch could not be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum CollectError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("outcome batch {key} can't be read: {source}")]
    Batch { key: String, source: FrameError },
}

impl Collector {
    pub(super) fn new(storage: Arc<dyn StorageBackend>, job: &JobId) -> Self {
        let prefix = keys::outcomes(job);
        Self { storage, prefix, seen: HashSet::new(), newest_ms: 0, listings: 0 }
    }

    /// The batches that have come since the last call.
    pub(super) async fn collect(&mut self) -> Result<Vec<Batch>, CollectError> {
        let fresh = self.list().await?;
        let storage = &self.storage;
        let batches: Vec<(String, Batch)> = futures::stream::iter(fresh)
            .map(|key| async move { read(storage.as_ref(), key).await })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let mut read = Vec::with_capacity(batches.len());
        for (key, batch) in batches {
            if let Some((time, ..)) = keys::parse_batch(&key) {
                self.newest_ms = self.newest_ms.max(time);
            }
            self.seen.insert(key);
            read.push(batch);
        }
        Ok(read)
    }

    async fn list(&mut self) -> Result<Vec<String>, StorageError> {
        let from = self.newest_ms.saturating_sub(OVERLAP_MS);
        let full = self.listings.is_multiple_of(FULL);
        self.listings += 1;
        let mut after = (!full).then(|| format!("{}{from:013}", self.prefix));
        let mut fresh = Vec::new();
        loop {
            let page = self.storage.list(&self.prefix, after.as_deref()).await?;
            after = page.objects.last().map(|object| object.key.clone());
            let keys = page.objects.into_iter().map(|object| object.key);
            fresh.extend(keys.filter(|key| !self.seen.contains(key)));
            if !page.more {
                return Ok(fresh);
            }
        }
    }
}

async fn read(storage: &dyn StorageBackend, key: String) -> Result<(String, Batch), CollectError> {
    let bytes = storage.get(&key).await?;
    let broken = |source| CollectError::Batch { key: key.clone(), source };
    let mut reports = Vec::new();
    for frame in Frame::read_all(bytes).map_err(broken)? {
        if let FromWorker::Reports { reports: more, .. } =
            FromWorker::decode(frame).map_err(broken)?
        {
            reports.extend(more);
        }
    }
    let (_, wave, worker) = keys::parse_batch(&key).unwrap_or((0, 0, 0));
    Ok((key, Batch { wave, worker, reports }))
}
