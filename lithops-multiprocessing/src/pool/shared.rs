//! What all handles of a pool share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lithops_core::api::{JobHandle, Map};
use lithops_core::function::Data;
use lithops_core::ports::Executor;

use super::Job;
use crate::place::{Kept, keep};
use crate::{Multiprocessing, MultiprocessingError, Result};
use lithops_core::run::wait_here;

/// What all handles of a pool share.
pub(super) struct Shared {
    pub(super) executor: Arc<dyn Executor>,
    /// Whether nobody else uses the executor.
    is_own: bool,
    is_closed: AtomicBool,
    is_terminated: AtomicBool,
    /// Jobs that had not ended when last looked at: they go on although nobody waits for them.
    jobs: Mutex<Vec<UnderWay>>,
}

/// A job, and the objects that went along with it.
struct UnderWay {
    job: Arc<dyn Job>,
    _kept: Kept,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("workers", &self.workers())
            .field("is_closed", &self.is_closed)
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(context: Multiprocessing, is_own: bool) -> Self {
        Self {
            executor: context.executor,
            is_own,
            is_closed: AtomicBool::new(false),
            is_terminated: AtomicBool::new(false),
            jobs: Mutex::default(),
        }
    }

    pub(super) fn workers(&self) -> usize {
        self.executor.capability().max_workers
    }

    pub(super) fn is_open(&self) -> Result<()> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(MultiprocessingError::PoolClosed);
        }
        Ok(())
    }

    /// Sends a job off, unless the pool is terminated. Objects among its arguments live as long as it.
    pub(super) fn submit<T: Data>(
        &self,
        plan: impl FnOnce(&dyn Executor) -> Map<T>,
    ) -> Result<Arc<JobHandle<T>>> {
        let (map, kept) = keep(|| plan(&*self.executor));
        self.forget_ended();
        let mut jobs = self.jobs();
        if self.is_terminated.load(Ordering::Acquire) {
            return Err(MultiprocessingError::PoolClosed);
        }
        let job = Arc::new(map.no_timeout().submit()?);
        jobs.push(UnderWay { job: Arc::clone(&job) as Arc<dyn Job>, _kept: kept });
        Ok(job)
    }

    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    pub(super) fn terminate(&self) {
        self.close();
        let jobs = {
            let jobs = self.jobs();
            self.is_terminated.store(true, Ordering::Release);
            handles(&jobs)
        };
        jobs.iter().for_each(|job| job.cancel());
    }

    pub(super) fn join(&self) -> Result<()> {
        if !self.is_closed.load(Ordering::Acquire) {
            return Err(MultiprocessingError::PoolOpen);
        }
        loop {
            // They stay in the list: whoever joins too waits for them, and `terminate` stops them.
            let jobs = handles(&self.jobs());
            if jobs.is_empty() {
                break;
            }
            for job in jobs {
                job.wait(None);
            }
            self.forget_ended();
        }
        if self.is_own {
            wait_here(self.executor.shutdown());
        }
        Ok(())
    }

    /// Keeps jobs that have ended no longer, and with them their results and the objects that went
    /// along: whoever wants a result has the job too.
    pub(super) fn forget_ended(&self) {
        let ended: Vec<UnderWay> =
            self.jobs().extract_if(.., |under_way| under_way.job.has_ended()).collect();
        // Only now, without the lock: a server may have to be told that objects are gone.
        drop(ended);
    }

    fn jobs(&self) -> MutexGuard<'_, Vec<UnderWay>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn handles(jobs: &[UnderWay]) -> Vec<Arc<dyn Job>> {
    jobs.iter().map(|under_way| Arc::clone(&under_way.job)).collect()
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.terminate();
    }
}
