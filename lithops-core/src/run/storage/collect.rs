//! Finds and reads batches of outcomes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::{StreamExt, TryStreamExt};
use tokio::time::Instant;

use super::clocks::Clocks;
use super::pace::Pace;
use crate::ports::{Running, StorageBackend, StorageError};
use crate::wire::{CallError, Frame, FrameError, FromWorker, JobId, Report, keys};

/// Batches that are read at once.
const AT_ONCE: usize = 64;

/// What has been seen of a job's outcome prefix.
#[derive(Debug)]
pub(super) struct Collector {
    storage: Arc<dyn StorageBackend>,
    prefix: String,
    seen: HashSet<String>,
    clocks: Clocks,
    /// What was asked of the storage.
    requests: u64,
}

/// One batch: who wrote it and what it says.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) wave: u32,
    pub(super) worker: u32,
    pub(super) reports: Vec<Report>,
    /// The worker's death, as its parent saw it.
    pub(super) ended: Option<(Option<Running>, CallError)>,
    /// How often the worker has asked the storage since the batch before.
    pub(super) requests: u32,
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
    pub(super) fn new(storage: Arc<dyn StorageBackend>, job: &JobId, every: Duration) -> Self {
        let (prefix, seen) = (keys::outcomes(job), HashSet::new());
        Self { storage, prefix, seen, clocks: Clocks::new(every), requests: 0 }
    }

    /// How often the storage was asked.
    pub(super) fn requests(&self) -> u64 {
        self.requests
    }

    /// The batches that have come since the last call, of which `working` are to write more; `whole` if
    /// also those count that were written by a clock which has been set back.
    pub(super) async fn collect(
        &mut self,
        pace: &mut Pace,
        whole: bool,
        working: impl Iterator<Item = (u32, u32)>,
    ) -> Result<Vec<Batch>, CollectError> {
        let begun = Instant::now();
        let from = self.clocks.begin(whole, working, begun);
        let after = from.map(|from| format!("{}{from:013}", self.prefix));
        let fresh = self.list(after).await?;
        pace.listed(begun.elapsed());
        self.requests += fresh.len() as u64;
        let storage = &self.storage;
        let batches: Vec<(String, Batch)> = futures::stream::iter(fresh)
            .map(|key| async move { read(storage.as_ref(), key).await })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let mut read = Vec::with_capacity(batches.len());
        for (key, batch) in batches {
            if let Some((time, wave, worker)) = keys::parse_batch(&key) {
                self.clocks.show((wave, worker), time, now_ms());
            }
            self.seen.insert(key);
            read.push(batch);
        }
        Ok(read)
    }

    async fn list(&mut self, mut after: Option<String>) -> Result<Vec<String>, StorageError> {
        let mut fresh = Vec::new();
        loop {
            self.requests += 1;
            let listed = self.storage.list(&self.prefix, after.as_deref()).await;
            let page = listed.inspect_err(|_| self.clocks.fail())?;
            after = page.objects.last().map(|object| object.key.clone());
            let keys = page.objects.into_iter().map(|object| object.key);
            fresh.extend(keys.filter(|key| !self.seen.contains(key)));
            if !page.more {
                return Ok(fresh);
            }
        }
    }
}

fn now_ms() -> u64 {
    let now = crate::run::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

async fn read(storage: &dyn StorageBackend, key: String) -> Result<(String, Batch), CollectError> {
    let bytes = storage.get(&key).await?;
    let broken = |source| CollectError::Batch { key: key.clone(), source };
    let (_, wave, worker) = keys::parse_batch(&key).unwrap_or((0, 0, 0));
    let mut batch = Batch { wave, worker, reports: Vec::new(), ended: None, requests: 0 };
    for frame in Frame::read_all(bytes).map_err(broken)? {
        match FromWorker::decode(frame).map_err(broken)? {
            FromWorker::Reports { reports, .. } => batch.reports.extend(reports),
            FromWorker::Ended { running, cause } => batch.ended = Some((running, cause)),
            FromWorker::Requests(count) => batch.requests += count,
            FromWorker::Alive | FromWorker::Hello { .. } | FromWorker::Returned { .. } => {}
        }
    }
    Ok((key, batch))
}
