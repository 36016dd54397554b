//! The first process of an instance of an array job, of which a platform starts many by one order:
//! it starts the workers of its index, and tells of those that die.
//!
//! The platform knows of the instance alone. Which call a dead worker was at, and what it died of,
//! only its parent can know; it says so in storage, next to the workers' own batches.

use std::collections::HashSet;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use lithops_core::ports::{Running, open_storage};
use lithops_core::wire::{CallError, FromWorker, WorkOrder, WorkerStart, WorkerTask, keys};
use signal_hook::consts::SIGTERM;
use signal_hook::iterator::Signals;

use crate::process::{Memory, WorkerProcess, kill_group, reap_orphans};
use crate::runtime::handle;
use crate::storage::{put_batch, writer};
use crate::supervisor::now_ms;

/// Exit code of an instance that could not do its work.
const BROKEN: i32 = 125;
/// Exit code of one that the platform has told to end.
const TOLD_TO_END: i32 = 143;
/// The number of a dead worker's last batch, which its parent writes; its own are lower.
const OBITUARY: u32 = 99_999;

/// What the first process of an instance is told.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) order: Box<WorkOrder>,
    /// The instance's index in the array.
    pub(crate) index: u32,
    /// How many workers an instance has.
    pub(crate) slots: u32,
    /// Limit of a worker's memory in bytes.
    pub(crate) memory: Option<u64>,
}

/// Why an instance could not do its work.
#[derive(Debug, thiserror::Error)]
enum InstanceError {
    #[error("the order is for {workers} workers, and none of them is of index {index}")]
    NoWorkers { index: u32, workers: u32 },
    #[error("signals can't be handled: {0}")]
    Signals(#[source] io::Error),
    #[error("worker {worker} has died of this, and it can't be told: {cause}")]
    Untold { worker: u32, cause: CallError },
}

/// Runs the workers of an instance, then ends the process: with 0 if all has been told.
pub(crate) fn serve(instance: Instance) -> ! {
    let code = match Arc::new(Workers::new(instance)).run() {
        Ok(()) => 0,
        Err(error) => {
            // The platform keeps what an instance prints.
            eprintln!("lithops instance: {error}");
            BROKEN
        }
    };
    std::process::exit(code)
}

#[derive(Debug)]
struct Workers {
    instance: Instance,
    /// The processes that run, each the leader of a group.
    leaders: Mutex<HashSet<u32>>,
    memory: Mutex<Memory>,
}

impl Workers {
    fn new(instance: Instance) -> Self {
        Self { instance, leaders: Mutex::default(), memory: Mutex::new(Memory::watch()) }
    }

    fn leaders(&self) -> MutexGuard<'_, HashSet<u32>> {
        self.leaders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(self: Arc<Self>) -> Result<(), InstanceError> {
        let Instance { order, index, slots, .. } = &self.instance;
        let first = u64::from(*index) * u64::from(*slots);
        let mine = first..(first + u64::from(*slots)).min(u64::from(order.workers));
        if mine.is_empty() {
            return Err(InstanceError::NoWorkers { index: *index, workers: order.workers });
        }
        self.end_when_told()?;
        let watched = Arc::clone(&self);
        reap_orphans(move |reap| {
            // No worker begins meanwhile, so that none is taken for somebody else's child.
            let leaders = watched.leaders();
            reap(&|process| leaders.contains(&process));
        });
        let started: Vec<_> = mine.map(|worker| self.start(worker as u32)).collect();
        let mut untold = Ok(());
        for watch in started {
            let told = watch.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            untold = untold.and(told);
        }
        untold
    }

    /// Ends the workers, and this process, when the platform says so: the first process of a
    /// container is not ended by a signal that it does not handle.
    fn end_when_told(self: &Arc<Self>) -> Result<(), InstanceError> {
        let mut signals = Signals::new([SIGTERM]).map_err(InstanceError::Signals)?;
        let workers = Arc::clone(self);
        let wait = move || {
            if signals.forever().next().is_some() {
                workers.leaders().iter().for_each(|leader| kill_group(*leader));
                std::process::exit(TOLD_TO_END);
            }
        };
        let waiter = std::thread::Builder::new().name("lithops-signals".to_owned());
        waiter.stack_size(256 << 10).spawn(wait).map_err(InstanceError::Signals)?;
        Ok(())
    }

    /// Starts a worker, and a thread that tells of its death.
    fn start(self: &Arc<Self>, worker: u32) -> JoinHandle<Result<(), InstanceError>> {
        let workers = Arc::clone(self);
        // A thread that can't be had ends the process, which the platform sees.
        std::thread::spawn(move || {
            let (running, cause) = match workers.run_one(worker) {
                Ok(end) => end,
                Err(error) => {
                    let reason = format!("no worker can be started in the instance: {error}");
                    (None, Some(CallError::WorkerLost { reason }))
                }
            };
            cause.map_or(Ok(()), |cause| workers.tell(worker, running, cause))
        })
    }

    /// Runs a worker to its end.
    fn run_one(&self, worker: u32) -> io::Result<(Option<Running>, Option<CallError>)> {
        let Instance { order, memory, .. } = &self.instance;
        // The worker ends with this process, however that does.
        let (_leash, theirs) = UnixStream::pair()?;
        let start = WorkerStart {
            lane: u64::from(worker),
            task: WorkerTask::Order { worker, order: order.to_text() },
            environment: std::collections::BTreeMap::new(),
            memory: *memory,
        };
        let mut leaders = self.leaders();
        let program = Path::new("/proc/self/exe");
        let process = WorkerProcess::spawn(program, &start, OwnedFd::from(theirs))?;
        let leader = process.id();
        leaders.insert(leader);
        drop(leaders);
        let (running, cause) = process.bury();
        self.leaders().remove(&leader);
        let mut kernel = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((running, cause.map(|cause| kernel.explain(cause, *memory))))
    }

    /// Writes what a worker died of next to its batches.
    fn tell(
        &self,
        worker: u32,
        running: Option<Running>,
        cause: CallError,
    ) -> Result<(), InstanceError> {
        let order = &self.instance.order;
        lithops_storage::install();
        let untold = |why: &dyn std::fmt::Display| {
            eprintln!("lithops instance: {why}");
            InstanceError::Untold { worker, cause: cause.clone() }
        };
        let storage = open_storage(&order.storage).map_err(|error| untold(&error))?;
        let key = keys::batch(&order.job, now_ms(), order.wave, worker, OBITUARY, writer());
        let ended = FromWorker::Ended { running, cause: cause.clone() };
        let object = ended.encode().concat().into();
        let put = put_batch(storage.as_ref(), &key, object);
        handle().block_on(put).map_err(|error| untold(&error))
    }
}
