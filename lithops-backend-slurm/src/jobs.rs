//! The array jobs of this process's jobs, and what was last seen of their tasks.

mod tracked;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lithops_core::ports::WorkerStatus;
use lithops_core::wire::JobId;
use tokio::time::Instant;

use crate::queue::Sight;
use tracked::Tracked;
pub(crate) use tracked::{Bounds, Ordered};

/// The jobs that have array jobs.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    known: Mutex<HashMap<JobId, Job>>,
    begun: AtomicU64,
}

/// Says that a job is wanted, until it is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark(u64);

#[derive(Debug)]
struct Job {
    mark: Mark,
    arrays: Vec<Tracked>,
    /// When a task of it last began or ended, or was asked for.
    moved: Instant,
}

/// A task whose log tells why it has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Untold {
    pub(crate) array: u64,
    pub(crate) name: String,
    pub(crate) task: u32,
}

impl Jobs {
    fn jobs(&self) -> MutexGuard<'_, HashMap<JobId, Job>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job is to have workers.
    pub(crate) fn begin(&self, job: &JobId) -> Mark {
        let mark = || Mark(self.begun.fetch_add(1, Ordering::Relaxed));
        let begin = || Job { mark: mark(), arrays: Vec::new(), moved: Instant::now() };
        self.jobs().entry(job.clone()).or_insert_with(begin).mark
    }

    /// Whether a job has not been forgotten since this mark.
    pub(crate) fn wants(&self, job: &JobId, mark: Mark) -> bool {
        self.jobs().get(job).is_some_and(|job| job.mark == mark)
    }

    /// Remembers array jobs that were submitted. Gives `false` if the job was forgotten since this
    /// mark: then somebody else has to cancel them.
    pub(crate) fn add(
        &self,
        job: &JobId,
        mark: Mark,
        arrays: impl IntoIterator<Item = Ordered>,
    ) -> bool {
        let mut jobs = self.jobs();
        let Some(job) = jobs.get_mut(job).filter(|job| job.mark == mark) else { return false };
        job.moved = Instant::now();
        job.arrays.extend(arrays.into_iter().map(Tracked::new));
        true
    }

    /// Forgets a job; gives the numbers of its array jobs, or `None` if it was unknown.
    pub(crate) fn forget(&self, job: &JobId) -> Option<Vec<u64>> {
        let job = self.jobs().remove(job)?;
        Some(job.arrays.iter().map(|array| array.ordered.id).collect())
    }

    /// Forgets all jobs; gives the numbers of their array jobs.
    pub(crate) fn forget_all(&self) -> Vec<u64> {
        let jobs = std::mem::take(&mut *self.jobs());
        jobs.into_values().flat_map(|job| job.arrays).map(|array| array.ordered.id).collect()
    }

    /// The array jobs of a job of which something may be new.
    pub(crate) fn open(&self, job: &JobId) -> Vec<u64> {
        let jobs = self.jobs();
        let arrays = jobs.get(job).map(|job| job.arrays.as_slice()).unwrap_or_default();
        arrays.iter().filter(|array| array.is_open()).map(|array| array.ordered.id).collect()
    }

    /// Notes what is said of the array jobs `asked`; gives tasks of which more can be found out.
    pub(crate) fn note(&self, job: &JobId, asked: &[u64], sights: &[Sight]) -> Vec<Untold> {
        let mut jobs = self.jobs();
        let Some(job) = jobs.get_mut(job) else { return Vec::new() };
        let mut untold = Vec::new();
        for array in job.arrays.iter_mut().filter(|array| asked.contains(&array.ordered.id)) {
            if array.note(sights) {
                job.moved = Instant::now();
            }
            untold.extend(array.untold());
        }
        untold
    }

    /// Notes what a task has printed before it failed.
    pub(crate) fn tell(&self, job: &JobId, task: &Untold, said: &str) {
        let mut jobs = self.jobs();
        let arrays = jobs.get_mut(job).map(|job| job.arrays.as_mut_slice()).unwrap_or_default();
        if let Some(array) = arrays.iter_mut().find(|array| array.ordered.id == task.array) {
            array.tell(task.task, said);
        }
    }

    /// Notes that a job could not be asked about; gives whether it has been so for longer than
    /// anything may wait, so that its workers are told as they are for all that is known.
    pub(crate) fn note_silence(&self, job: &JobId, why: &str, bounds: &Bounds) -> bool {
        let mut jobs = self.jobs();
        let Some(job) = jobs.get_mut(job) else { return true };
        let mut given_up = true;
        for array in job.arrays.iter_mut().filter(|array| array.is_open()) {
            given_up &= array.note_silence(why, bounds);
        }
        given_up
    }

    /// The states of a job's workers, as last seen.
    pub(crate) fn workers(&self, job: &JobId, bounds: &Bounds) -> Vec<WorkerStatus> {
        let jobs = self.jobs();
        let Some(job) = jobs.get(job) else { return Vec::new() };
        let still = job.moved.elapsed() > bounds.start;
        job.arrays.iter().flat_map(|array| array.workers(still, bounds)).collect()
    }
}

#[cfg(test)]
#[path = "jobs/tests.rs"]
mod tests;
