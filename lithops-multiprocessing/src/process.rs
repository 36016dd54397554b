//! One function in a process of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use lithops_core::api::ExecutorExt;
use lithops_core::function::{Data, TaskOutput};
use lithops_core::plan::RetryPolicy;
use lithops_core::ports::Executor;
use lithops_core::wire::CallError;

use crate::place::{Kept, keep};
use crate::pool::Job;
use crate::spread::Spread;
use crate::{Multiprocessing, MultiprocessingError, Result, configured};

/// One function in a process of its own: Python's `Process`.
///
/// It runs where the configured executor's workers do, one worker for each: a process, a container,
/// an instance of Code Engine, or a thread of the program. What the function returns is dropped;
/// [shared objects](crate::Queue) carry results.
///
/// A function whose worker dies is not run again. One that was not told to be a
/// [daemon](Self::daemon) is waited for when this is dropped, as Python waits for it before it ends.
pub struct Process {
    name: String,
    is_daemon: bool,
    context: Option<Multiprocessing>,
    start: Option<Start>,
    started: Option<Started>,
}

type Start =
    Box<dyn FnOnce(&dyn Executor) -> Result<Arc<dyn Job>, lithops_core::error::Error> + Send>;

struct Started {
    job: Arc<dyn Job>,
    /// What it was told to end by; 0 if it was not.
    signal: AtomicI32,
    /// Its workers end with it.
    _executor: Arc<dyn Executor>,
    /// Objects among its arguments, which the caller may not have kept.
    _kept: Kept,
}

const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process")
            .field("name", &self.name)
            .field("exit_code", &self.exit_code())
            .finish_non_exhaustive()
    }
}

impl Process {
    /// Says what is to run: a function, and the tuple of its arguments.
    pub fn new<F, Args, Out, M>(f: F, args: Args) -> Self
    where
        F: Spread<Args, Out>,
        Args: Data,
        Out: TaskOutput<M>,
        M: 'static,
    {
        let start = move |executor: &dyn Executor| {
            let policy = RetryPolicy { worker_deaths: 1, retries: 0, ..RetryPolicy::default() };
            let map = executor.map(move |args: Args| f.spread(args), [args]);
            let job = map.retry_policy(policy).no_timeout().submit()?;
            Ok(Arc::new(job) as Arc<dyn Job>)
        };
        let name = std::any::type_name::<F>().to_owned();
        Self { name, is_daemon: false, context: None, start: Some(Box::new(start)), started: None }
    }

    /// Runs on a worker of this executor, which others may use too: it waits until one is free.
    pub fn over(mut self, context: &Multiprocessing) -> Self {
        self.context = Some(context.clone());
        self
    }

    /// Gives it a name; the function's path, unless set.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Whether it is terminated when this is dropped, and not waited for.
    pub fn daemon(mut self, is_daemon: bool) -> Self {
        self.is_daemon = is_daemon;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`StartedTwice`](MultiprocessingError::StartedTwice) if it was started before,
    /// [`Job`](MultiprocessingError::Job) if the arguments can't be encoded or a setting can't be
    /// used.
    pub fn start(&mut self) -> Result<()> {
        let start = self.start.take().ok_or(MultiprocessingError::StartedTwice)?;
        let executor = match &self.context {
            Some(context) => Arc::clone(&context.executor),
            None => configured::connect(1)?.executor,
        };
        let (job, kept) = keep(|| start(&*executor));
        let (job, signal) = (job?, AtomicI32::new(0));
        self.started = Some(Started { job, signal, _executor: executor, _kept: kept });
        Ok(())
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// [`NotStarted`](MultiprocessingError::NotStarted) before [`start`](Self::start).
    pub fn join(&self) -> Result<()> {
        self.started()?.job.wait(None);
        Ok(())
    }

    /// Waits for its end, for at most `limit`; gives whether it has ended.
    ///
    /// # Errors
    /// [`NotStarted`](MultiprocessingError::NotStarted) before [`start`](Self::start).
    pub fn join_timeout(&self, limit: Duration) -> Result<bool> {
        Ok(self.started()?.job.wait(Some(limit)))
    }

    /// Stops it; its exit code is then -15. A thread of the program goes on until it waits for a
    /// shared object, or the function returns.
    ///
    /// # Errors
    /// [`NotStarted`](MultiprocessingError::NotStarted) before [`start`](Self::start).
    pub fn terminate(&self) -> Result<()> {
        self.stop(SIGTERM)
    }

    /// As [`terminate`](Self::terminate), with the exit code -9. Both end a process at once.
    ///
    /// # Errors
    /// [`NotStarted`](MultiprocessingError::NotStarted) before [`start`](Self::start).
    pub fn kill(&self) -> Result<()> {
        self.stop(SIGKILL)
    }

    fn stop(&self, signal: i32) -> Result<()> {
        let started = self.started()?;
        // The first one counts.
        started.signal.compare_exchange(0, signal, Ordering::Relaxed, Ordering::Relaxed).ok();
        started.job.cancel();
        Ok(())
    }

    /// Whether it was started and has not ended.
    pub fn is_alive(&self) -> bool {
        self.started.as_ref().is_some_and(|started| !started.job.has_ended())
    }

    /// How it ended; `None` before its end.
    ///
    /// 0 if the function returned, 1 if it panicked or returned an `Err`, the code that it gave to
    /// `exit`, the negative number of the signal that killed it, and 255 if it was lost or could not
    /// run: [`error`](Self::error) tells why.
    pub fn exit_code(&self) -> Option<i32> {
        let started = self.started.as_ref()?;
        Some(match started.job.first()? {
            Ok(returned_err) => i32::from(returned_err),
            Err(CallError::Failed(_) | CallError::Panicked(_)) => 1,
            Err(CallError::Exited { code, .. }) => code,
            Err(CallError::Signalled { signal, .. }) => -signal,
            Err(CallError::OutOfMemory { .. }) => -SIGKILL,
            Err(CallError::Cancelled) => match started.signal.load(Ordering::Relaxed) {
                0 => -SIGTERM,
                signal => -signal,
            },
            Err(_) => LOST,
        })
    }

    /// Why it did not return; `None` if it did, and before its end.
    pub fn error(&self) -> Option<CallError> {
        self.started.as_ref()?.job.first()?.err()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is called in progress and logs, once it was started: its job's name.
    pub fn id(&self) -> Option<String> {
        self.started.as_ref().map(|started| started.job.name())
    }

    fn started(&self) -> Result<&Started> {
        self.started.as_ref().ok_or(MultiprocessingError::NotStarted)
    }
}

/// The exit code of a process of which nobody knows how it ended.
const LOST: i32 = 255;

impl Drop for Process {
    fn drop(&mut self) {
        let Some(started) = &self.started else { return };
        if self.is_daemon || std::thread::panicking() {
            started.job.cancel();
        } else {
            started.job.wait(None);
        }
    }
}
