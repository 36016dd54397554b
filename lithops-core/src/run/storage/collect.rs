//! Finds and reads batches of outcomes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use tokio::time::Instant;

use super::pace::Pace;
use crate::ports::{ObjectMeta, Running, StorageBackend, StorageError};
use crate::wire::{CallError, Frame, FrameError, FromWorker, JobId, Report, keys};

/// How far back a listing begins before the newest batch seen, in milliseconds: workers' clocks
/// differ, and a batch may become visible after a younger one.
const OVERLAP_MS: u64 = 30_000;
/// Batches that are read at once.
const AT_ONCE: usize = 64;
/// More than any worker writes at once: 1024 reports with 1 MiB of results and logs each, were it so.
const LARGEST_BATCH: u64 = 1 << 30;

/// What has been seen of a job's outcome prefix.
#[derive(Debug)]
pub(super) struct Collector {
    storage: Arc<dyn StorageBackend>,
    prefix: String,
    seen: HashSet<String>,
    newest_ms: u64,
    /// How often a listing starts from the beginning, so that no clock is ever trusted alone.
    every: Duration,
    /// When one last did.
    whole: Option<Instant>,
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

/// Why an object among the outcomes is no batch of them.
#[derive(Debug, thiserror::Error)]
enum Foreign {
    #[error("its name is none that workers give")]
    Name,
    #[error("it has {0} bytes, more than any batch")]
    Size(u64),
    #[error(transparent)]
    Content(#[from] FrameError),
}

impl Collector {
    pub(super) fn new(storage: Arc<dyn StorageBackend>, job: &JobId, every: Duration) -> Self {
        let (prefix, seen) = (keys::outcomes(job), HashSet::new());
        Self { storage, prefix, seen, newest_ms: 0, every, whole: None, requests: 0 }
    }

    /// How often the storage was asked.
    pub(super) fn requests(&self) -> u64 {
        self.requests
    }

    /// The batches that have come since the last call; `whole` if also those count that were written
    /// by a clock which is slow.
    pub(super) async fn collect(
        &mut self,
        pace: &mut Pace,
        whole: bool,
    ) -> Result<Vec<Batch>, StorageError> {
        let begun = Instant::now();
        let fresh = self.list(whole).await?;
        pace.listed(begun.elapsed());
        let (fresh, foreign): (Vec<_>, Vec<_>) =
            fresh.into_iter().map(named).partition(Result::is_ok);
        for (key, why) in foreign.into_iter().filter_map(Result::err) {
            self.pass_over(key, &why);
        }
        let fresh: Vec<Named> = fresh.into_iter().filter_map(Result::ok).collect();
        self.requests += fresh.len() as u64;
        let storage = &self.storage;
        let batches: Vec<(Named, Result<Batch, FrameError>)> = futures::stream::iter(fresh)
            .map(|named| async move {
                let bytes = storage.get(&named.key).await?;
                let batch = decode(&named, bytes);
                Ok::<_, StorageError>((named, batch))
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let mut read = Vec::with_capacity(batches.len());
        for (named, batch) in batches {
            match batch {
                Ok(batch) => {
                    // A clock that is fast must not hide what others write.
                    self.newest_ms = self.newest_ms.max(named.time.min(now_ms()));
                    self.seen.insert(named.key);
                    read.push(batch);
                }
                Err(error) => self.pass_over(named.key, &error.into()),
            }
        }
        Ok(read)
    }

    /// Leaves an object alone, and says so once. One that somebody has put there ends no job whose
    /// workers are well; one that a worker's own storage has damaged leaves its calls without an
    /// outcome, which is seen when the worker has ended.
    fn pass_over(&mut self, key: String, why: &Foreign) {
        tracing::warn!(key, %why, "an object among the outcomes is passed over: it is no batch");
        self.seen.insert(key);
    }

    async fn list(&mut self, whole: bool) -> Result<Vec<ObjectMeta>, StorageError> {
        let from = self.newest_ms.saturating_sub(OVERLAP_MS);
        let begun = Instant::now();
        let due = self.whole.is_none_or(|last| begun.duration_since(last) >= self.every);
        let whole = whole || due;
        let mut after = (!whole).then(|| format!("{}{from:013}", self.prefix));
        let mut fresh = Vec::new();
        loop {
            self.requests += 1;
            let page = self.storage.list(&self.prefix, after.as_deref()).await?;
            after = page.next_after(&self.prefix, after.as_deref())?;
            let objects = page.objects.into_iter();
            fresh.extend(objects.filter(|object| !self.seen.contains(&object.key)));
            if after.is_none() {
                if whole {
                    self.whole = Some(begun);
                }
                return Ok(fresh);
            }
        }
    }
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// An object that is called as a batch is.
#[derive(Debug)]
struct Named {
    key: String,
    time: u64,
    wave: u32,
    worker: u32,
}

fn named(object: ObjectMeta) -> Result<Named, (String, Foreign)> {
    let ObjectMeta { key, size, .. } = object;
    if size != ObjectMeta::UNKNOWN_SIZE && size > LARGEST_BATCH {
        return Err((key, Foreign::Size(size)));
    }
    match keys::parse_batch(&key) {
        Some((time, wave, worker)) => Ok(Named { key, time, wave, worker }),
        None => Err((key, Foreign::Name)),
    }
}

fn decode(named: &Named, bytes: Bytes) -> Result<Batch, FrameError> {
    let Named { wave, worker, .. } = *named;
    let mut batch = Batch { wave, worker, reports: Vec::new(), ended: None, requests: 0 };
    for frame in Frame::read_all(bytes)? {
        match FromWorker::decode(frame)? {
            FromWorker::Reports { reports, .. } => batch.reports.extend(reports),
            FromWorker::Ended { running, cause } => batch.ended = Some((running, cause)),
            FromWorker::Requests(count) => batch.requests = batch.requests.saturating_add(count),
            FromWorker::Alive | FromWorker::Hello { .. } | FromWorker::Returned { .. } => {}
        }
    }
    Ok(batch)
}
