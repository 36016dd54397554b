//! What a function can ask about the call that it runs in.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::ports::StorageBackend;
use crate::wire::JobId;

/// The call that a function runs in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// The job's part, the same for all its calls in this worker.
    pub(crate) job: Arc<JobContext>,
    pub(crate) index: u32,
    pub(crate) attempt: u32,
    pub(crate) started: Instant,
}

/// A job as its calls see it.
#[derive(Debug)]
pub(crate) struct JobContext {
    pub(crate) id: JobId,
    pub(crate) timeout: Option<Duration>,
    pub(crate) storage: Option<Arc<dyn StorageBackend>>,
    pub(crate) cancelled: Arc<AtomicBool>,
}

impl CallContext {
    /// A context for the first call of a job, for those who run calls: workers.
    ///
    /// `cancelled` is raised when the result of calls is no longer wanted.
    pub fn of_job(
        id: JobId,
        timeout: Option<Duration>,
        storage: Option<Arc<dyn StorageBackend>>,
        cancelled: Arc<AtomicBool>,
    ) -> Self {
        let job = Arc::new(JobContext { id, timeout, storage, cancelled });
        Self { job, index: 0, attempt: 1, started: Instant::now() }
    }

    /// The context of another call of the same job.
    pub fn of_call(&self, index: u32, attempt: u32, started: Instant) -> Self {
        Self { job: Arc::clone(&self.job), index, attempt, started }
    }

    /// Makes this the context of the current thread until the guard is dropped.
    pub fn enter(self) -> ContextGuard {
        ContextGuard { before: CURRENT.with_borrow_mut(|current| current.replace(self)) }
    }

    /// Place of the call in its job: that of its input, from 0.
    pub fn index(&self) -> usize {
        self.index as usize
    }

    /// Which try this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The job's name.
    pub fn job_id(&self) -> &JobId {
        &self.job.id
    }

    /// When the call will be stopped, unless it has no limit.
    pub fn deadline(&self) -> Option<Instant> {
        self.started.checked_add(self.job.timeout?)
    }

    /// Whether nobody waits for the result any more. A long function that runs in a thread of the
    /// client, where it can't be stopped from outside, should look now and then and return.
    pub fn is_cancelled(&self) -> bool {
        self.job.cancelled.load(Ordering::Relaxed)
            || self.deadline().is_some_and(|deadline| Instant::now() > deadline)
    }

    /// Whether the job was stopped, and this call outlives it.
    pub(crate) fn is_stopped(&self) -> bool {
        self.job.cancelled.load(Ordering::Relaxed)
    }

    /// The storage of the job; `None` where the worker can't reach it.
    pub fn storage(&self) -> Option<&Arc<dyn StorageBackend>> {
        self.job.storage.as_ref()
    }
}

/// Ends a context when dropped.
#[derive(Debug)]
pub struct ContextGuard {
    before: Option<CallContext>,
}

impl Drop for ContextGuard {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| *current = self.before.take());
    }
}

thread_local! {
    static CURRENT: RefCell<Option<CallContext>> = const { RefCell::new(None) };
}

/// The call that this code runs in.
///
/// Known on the thread that runs the function, in sync and async functions alike; threads and tasks
/// that the function starts don't know it: pass them what they need.
///
/// # Panics
/// Outside of a call; [`try_context`] gives `None` there.
pub fn context() -> CallContext {
    try_context().expect("`lithops::context()` is for functions that an executor runs")
}

/// The call that this code runs in, if it runs in one.
pub fn try_context() -> Option<CallContext> {
    CURRENT.with_borrow(Clone::clone)
}

/// Says that this process is a worker: all its threads work for calls.
pub fn mark_worker_process() {
    WORKER_PROCESS.store(true, Ordering::Relaxed);
}

static WORKER_PROCESS: AtomicBool = AtomicBool::new(false);

/// Whether this code runs in a call.
///
/// In a worker process everything does. In a process that runs calls on threads, a thread that a
/// call has started is not known to belong to it.
pub fn is_inside_call() -> bool {
    WORKER_PROCESS.load(Ordering::Relaxed) || CURRENT.with_borrow(Option::is_some)
}
