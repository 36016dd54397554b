//! What dead clients have left: found, told, removed.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::engine::Engine;
use super::mark;
use crate::error::Error;
use crate::ports::{CleanScope, Leftover, ListPage, ObjectMeta, StorageBackend, StorageError};
use crate::wire::keys;

/// What is to be cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaning {
    /// Of whom.
    pub scope: CleanScope,
    /// Among [leftovers](CleanScope::Leftovers), a job's objects are left behind when none has been
    /// written for so long. While a client holds a job, it writes one every
    /// [`sign_of_life`](super::EngineSettings::sign_of_life), 5 minutes unless said; what is shorter
    /// than twice that may take the objects of a live job of another machine for left behind.
    pub older_than: Duration,
}

impl Default for Cleaning {
    /// What has been left for an hour.
    fn default() -> Self {
        Self { scope: CleanScope::Leftovers, older_than: Duration::from_secs(3600) }
    }
}

impl Engine {
    /// Finds what [`clean`](Self::clean) would remove, on the platform and in the storage.
    ///
    /// Leftovers in the storage are the objects of jobs that are old enough and not of a process of
    /// this machine that still lives. A job that was kept for another process to take up is one of
    /// them. Lists all objects of all jobs.
    ///
    /// # Errors
    /// [`Error::Compute`] and [`Error::Storage`] if these can't be asked.
    pub async fn leftovers(&self, cleaning: &Cleaning) -> Result<Vec<Leftover>, Error> {
        let around = self.around();
        let mut found = around.backend.leftovers(&cleaning.scope).await?;
        found.extend(in_storage(around.storage.as_ref(), cleaning).await?);
        Ok(found)
    }

    /// Removes what clients have left; gives how many things, each object counted.
    ///
    /// # Errors
    /// As [`leftovers`](Self::leftovers). If the platform fails, the storage is cleaned all the same.
    pub async fn clean(&self, cleaning: &Cleaning) -> Result<usize, Error> {
        let around = self.around();
        // First what may still write.
        let of_platform = around.backend.clean(cleaning.scope.clone()).await;
        let of_storage = clean_storage(around.storage.as_ref(), cleaning).await;
        Ok(of_platform? + of_storage?)
    }
}

async fn clean_storage(
    storage: &dyn StorageBackend,
    cleaning: &Cleaning,
) -> Result<usize, StorageError> {
    let mut removed = 0;
    for leftover in in_storage(storage, cleaning).await? {
        removed += remove_prefix(storage, &leftover.name).await?;
    }
    Ok(removed)
}

/// The prefixes of a storage that a cleaning is about.
async fn in_storage(
    storage: &dyn StorageBackend,
    cleaning: &Cleaning,
) -> Result<Vec<Leftover>, StorageError> {
    match &cleaning.scope {
        CleanScope::Job(job) => jobs_below(storage, &keys::job(job)).await,
        CleanScope::All => {
            let mut found = jobs_below(storage, keys::JOBS).await?;
            let programs = objects_below(storage, keys::PROGRAMS).await?;
            found.extend(programs.into_iter().map(|program| Leftover {
                kind: "program",
                count: 1,
                bytes: Some(program.size),
                changed: program.modified,
                name: program.key,
            }));
            for prefix in [keys::PROBES, keys::TESTS] {
                let trial = Leftover::named("objects of a trial", prefix);
                let mut trial = Leftover { count: 0, bytes: Some(0), ..trial };
                for_each_below(storage, prefix, |object| add(&mut trial, &object)).await?;
                found.extend(Some(trial).filter(|trial| trial.count > 0));
            }
            Ok(found)
        }
        CleanScope::Leftovers => {
            let living = mark::living();
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let written_before = now.saturating_sub(cleaning.older_than.as_secs());
            let mut found = jobs_below(storage, keys::JOBS).await?;
            found.retain(|job| {
                // Where the store tells no time, nobody knows.
                let is_old = job.changed.is_some_and(|changed| changed <= written_before);
                let name = job.name.strip_prefix(keys::JOBS).unwrap_or_default();
                is_old && !mark::is_of(name, &living)
            });
            Ok(found)
        }
    }
}

/// The objects below a prefix, added up by job.
async fn jobs_below(
    storage: &dyn StorageBackend,
    prefix: &str,
) -> Result<Vec<Leftover>, StorageError> {
    let mut jobs: BTreeMap<String, Leftover> = BTreeMap::new();
    for_each_below(storage, prefix, |object| {
        let Some(job) = keys::prefix_of_job(&object.key) else { return };
        let found = jobs.entry(job.to_owned()).or_insert_with(|| {
            let job = Leftover::named("objects of a job", job);
            Leftover { count: 0, bytes: Some(0), ..job }
        });
        add(found, &object);
        // A batch's key tells its time too, where the store does not.
        let told = keys::parse_batch(&object.key).map(|(time, ..)| time / 1000);
        found.changed = found.changed.max(told);
    })
    .await?;
    Ok(jobs.into_values().collect())
}

fn add(found: &mut Leftover, object: &ObjectMeta) {
    found.count += 1;
    found.bytes = found.bytes.map(|bytes| bytes.saturating_add(object.size));
    found.changed = found.changed.max(object.modified);
}

async fn objects_below(
    storage: &dyn StorageBackend,
    prefix: &str,
) -> Result<Vec<ObjectMeta>, StorageError> {
    let mut found = Vec::new();
    for_each_below(storage, prefix, |object| found.push(object)).await?;
    Ok(found)
}

async fn for_each_below(
    storage: &dyn StorageBackend,
    prefix: &str,
    mut each: impl FnMut(ObjectMeta),
) -> Result<(), StorageError> {
    let mut after = None;
    loop {
        let page = storage.list(prefix, after.as_deref()).await?;
        after = page.next_after(prefix, after.as_deref())?;
        page.objects.into_iter().for_each(&mut each);
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Removes all objects whose keys begin so; gives how many.
pub(super) async fn remove_prefix(
    storage: &dyn StorageBackend,
    prefix: &str,
) -> Result<usize, StorageError> {
    let page = storage.list(prefix, None).await?;
    remove_from(storage, prefix, page).await
}

/// As [`remove_prefix`], after a look at the first page.
pub(super) async fn remove_from(
    storage: &dyn StorageBackend,
    prefix: &str,
    mut page: ListPage,
) -> Result<usize, StorageError> {
    let mut removed = 0;
    loop {
        let keys: Vec<String> = page.objects.into_iter().map(|object| object.key).collect();
        if keys.is_empty() {
            return Ok(removed);
        }
        storage.delete(&keys).await?;
        removed += keys.len();
        if !page.more {
            return Ok(removed);
        }
        page = storage.list(prefix, None).await?;
    }
}
