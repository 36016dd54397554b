//! A storage in simulated time: requests take long, fail, and show what was.

mod objects;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageErrorKind, StorageLocation,
};
use lithops_core::wire::{JobId, keys};
use tokio::time::Instant;

use crate::scene::{Scene, pass};
use crate::tally::Place;
use objects::Objects;

/// How much longer a slow request takes.
const SLOW: u32 = 20;

/// A storage in simulated time.
#[derive(Clone, Debug)]
pub(crate) struct SimulatedStorage {
    scene: Arc<Scene>,
    objects: Arc<Mutex<Objects>>,
}

impl SimulatedStorage {
    pub(crate) fn new(scene: Arc<Scene>) -> Self {
        Self { scene, objects: Arc::default() }
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All keys of jobs, visible or not.
    pub(crate) fn keys_of_jobs(&self) -> Vec<String> {
        self.objects().keys(keys::JOBS)
    }

    /// How long a request takes, in two halves: there and back.
    fn length(&self) -> Duration {
        let length = self.scene.between(self.scene.faults.request);
        let slow = self.scene.happens(self.scene.faults.slow_requests);
        (if slow { length * SLOW } else { length }) / 2
    }

    /// The way of a request there, and whether it fails.
    async fn ask(&self, operation: &'static str, key: &str) -> Result<Duration, StorageError> {
        let half = self.length();
        pass(half).await;
        if self.scene.happens(self.scene.faults.failed_requests) {
            self.scene.fault(format_args!("{operation} {key} fails"));
            pass(half).await;
            return Err(failure(StorageErrorKind::Unavailable, operation, key));
        }
        Ok(half)
    }

    async fn read<T>(
        &self,
        operation: &'static str,
        key: &str,
        read: impl FnOnce(&Bytes, ObjectMeta) -> Result<T, StorageErrorKind>,
    ) -> Result<T, StorageError> {
        let half = self.ask(operation, key).await?;
        let read = {
            let objects = self.objects();
            let found = objects.find(key, Instant::now());
            found.ok_or(StorageErrorKind::NotFound).and_then(|(body, meta)| read(body, meta))
        };
        pass(half).await;
        read.map_err(|kind| failure(kind, operation, key))
    }

    /// Stores an object, by whichever way it was brought here.
    fn land(&self, key: &str, body: Bytes) {
        let faults = &self.scene.faults;
        let now = Instant::now();
        let late = self.scene.happens(faults.late_puts).then(|| self.scene.up_to(faults.late_by));
        if let Some(late) = late {
            let what = format_args!("{key} is not seen for {late:?}");
            match writer(key) {
                Some(place) => self.scene.disturb(&place, what),
                None => self.scene.fault(what),
            }
        }
        self.scene.note(format_args!("stored {key}, {} bytes", body.len()));
        self.objects().put(key, body, now, now + late.unwrap_or_default());
    }
}

/// The worker that writes under such a key, if it is one of outcomes.
fn writer(key: &str) -> Option<Place> {
    let (_, wave, worker) = keys::parse_batch(key)?;
    let job = keys::prefix_of_job(key)?.strip_prefix(keys::JOBS)?.strip_suffix('/')?;
    Some(Place::Task { job: JobId::from_text(job)?, wave, worker })
}

fn failure(kind: StorageErrorKind, operation: &'static str, key: &str) -> StorageError {
    StorageError { kind, store: "simulation", operation, key: key.to_owned(), source: None }
}

/// Stores an object after all if the one who was writing it has died.
struct Orphan<'a> {
    storage: &'a SimulatedStorage,
    key: &'a str,
    body: Option<Bytes>,
}

impl Drop for Orphan<'_> {
    fn drop(&mut self) {
        let Some(body) = self.body.take() else { return };
        let (storage, key) = (self.storage.clone(), self.key.to_owned());
        if !storage.scene.happens(storage.scene.faults.orphan_puts) {
            return;
        }
        // Whoever removes what the job made may do so before: nobody could know of it.
        storage.scene.tally(|tally| tally.hide(&key));
        storage.scene.fault(format_args!("{key} is stored although its writer is gone"));
        let half = storage.length();
        lithops_core::run::runtime().spawn(async move {
            pass(half).await;
            storage.land(&key, body);
        });
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl StorageBackend for SimulatedStorage {
    fn location(&self) -> StorageLocation {
        StorageLocation { scheme: "simulation".to_owned(), settings: BTreeMap::new() }
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        Ok(StorageCapability { create_if_absent: true, presign: false, write_and_list: true })
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        let faults = &self.scene.faults;
        let half = self.length();
        let mut orphan = Orphan { storage: self, key, body: Some(body) };
        pass(half).await;
        let Some(body) = orphan.body.take() else { return Ok(()) };
        if self.scene.happens(faults.lost_puts) {
            self.scene.fault(format_args!("put {key} is lost"));
            pass(half).await;
            return Err(failure(StorageErrorKind::Unavailable, "put", key));
        }
        // Who creates sees at once what others have created, as where such requests are conditional.
        if mode == PutMode::Create && self.objects().has(key) {
            pass(half).await;
            return Err(failure(StorageErrorKind::AlreadyExists, "put", key));
        }
        self.land(key, body);
        let unacknowledged = self.scene.happens(faults.unacknowledged_puts);
        pass(half).await;
        if unacknowledged {
            self.scene.fault(format_args!("put {key} is not acknowledged"));
            return Err(failure(StorageErrorKind::Unavailable, "put", key));
        }
        Ok(())
    }

    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError> {
        let parts: Vec<Bytes> = body.try_collect().await?;
        let mut whole = BytesMut::new();
        parts.iter().for_each(|part| whole.extend_from_slice(part));
        let len = whole.len() as u64;
        self.put(key, whole.freeze(), PutMode::Overwrite).await?;
        Ok(len)
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        self.read("get", key, |body, _| Ok(body.clone())).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        self.read("get", key, |body, _| slice(body, range)).await
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        let read = |body: &Bytes, meta| {
            let body = range.map_or_else(|| Ok(body.clone()), |range| slice(body, range))?;
            let body = futures::stream::iter([Ok(body)]).boxed();
            Ok(ObjectStream { meta, body })
        };
        self.read("get", key, read).await
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        self.read("head", key, |_, meta| Ok(meta)).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        let faults = &self.scene.faults;
        let half = self.ask("list", prefix).await?;
        let lag = self.scene.happens(faults.lagging_lists).then(|| self.scene.up_to(faults.lag));
        let (page, hidden) = self.objects().list(prefix, after, Instant::now(), lag);
        let removes = keys::prefix_of_job(prefix) == Some(prefix);
        for key in hidden {
            // Nobody can remove what is not shown.
            if removes {
                self.scene.tally(|tally| tally.hide(&key));
            }
            let what = format_args!("{key} is not listed");
            match writer(&key) {
                Some(place) => self.scene.disturb(&place, what),
                None => self.scene.fault(what),
            }
        }
        pass(half).await;
        Ok(page)
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        let first = keys.first().map(String::as_str).unwrap_or_default();
        let half = self.ask("delete", first).await?;
        self.objects().delete(keys);
        self.scene.note(format_args!("deleted {} objects from {first} on", keys.len()));
        pass(half).await;
        Ok(())
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        let body = self.read("copy", from, |body, _| Ok(body.clone())).await?;
        self.put(to, body, PutMode::Overwrite).await
    }

    async fn presign(&self, key: &str, _: Access, _: Duration) -> Result<String, StorageError> {
        Err(failure(StorageErrorKind::Unsupported, "presign", key))
    }
}

fn slice(body: &Bytes, range: Range<u64>) -> Result<Bytes, StorageErrorKind> {
    if range.start > range.end || range.end > body.len() as u64 {
        return Err(StorageErrorKind::InvalidRange);
    }
    Ok(body.slice(range.start as usize..range.end as usize))
}
