//! A worker that goes by an order: it reads its share from storage and writes batches of outcomes.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use lithops_core::ports::{PutMode, StorageBackend, StorageError, open_storage};
use lithops_core::wire::{FrameError, FromWorker, JobId, PROTOCOL, ToWorker, WorkOrder, keys};
use lithops_storage::layers::CountingStorage;

use crate::outbox::{Destination, Outbox};
use crate::output::OutputCapture;
use crate::page::Status;
use crate::queue::Queue;
use crate::runtime::handle;
use crate::share::read_share;
use crate::slot::Slot;
use crate::supervisor::{Limits, Stop, Supervisor, now_ms};

/// How long an outcome waits for others to share an object with.
const PATIENCE: Duration = Duration::from_millis(500);
/// Results larger than this get an object of their own.
const OWN_OBJECT: u64 = 1 << 20;
/// How often a batch that can't be stored is tried.
const TRIES: u32 = 5;

/// A worker that goes by an order.
#[derive(Debug)]
pub struct StorageWorker {
    /// The order, the same for all workers of a dispatch.
    pub order: WorkOrder,
    /// The worker's number: its share.
    pub worker: u32,
}

/// How such a worker ended.
#[derive(Debug, thiserror::Error)]
pub enum TaskEnd {
    /// The order is of another version.
    #[error(
        "the order is of protocol {0}, this worker speaks {PROTOCOL}: build client and runtime from the same version"
    )]
    Protocol(u32),
    /// The order has no such share.
    #[error("the order has no share {0}")]
    NoShare(u32),
    /// The job can't be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The object of the order is another job's.
    #[error(
        "the order is of job {ordered}, and its object of {found}: somebody has replaced it; run the \
         job again, and see who may write to the storage"
    )]
    OtherJob {
        /// The job of the order.
        ordered: JobId,
        /// The job of the object.
        found: JobId,
    },
    /// The job's object is broken.
    #[error("the job's object is broken: {0}")]
    Frame(#[from] FrameError),
    /// The job's object is not the one that the order names.
    #[error(
        "{0} is not the object that this worker was started for: somebody has written to the job's \
         storage; its calls are not run"
    )]
    Forged(String),
    /// No thread can be had.
    #[error("no thread can be started: {0}")]
    Thread(#[from] std::io::Error),
    /// The outcomes could not be stored.
    #[error("outcomes could not be stored")]
    Unstored,
}

/// Runs one share in this process, then ends the process.
pub(crate) fn serve(worker: u32, order: WorkOrder) {
    let file = std::fs::File::options().read(true).write(true).open("/proc/self/fd/1");
    let status = file.and_then(|file| Status::in_file(&file)).unwrap_or_else(|_| Status::on_heap());
    let output = OutputCapture::of_process().ok();
    let stop: Stop = Box::new(crate::link::end_all);
    let end = StorageWorker { order, worker }.run(Arc::new(status), Arc::default(), output, stop);
    match end {
        Ok(()) => std::process::exit(0),
        Err(error) => {
            eprintln!("lithops worker: {error}");
            std::process::exit(BROKEN);
        }
    }
}

/// Exit code of a worker that could not do its work.
const BROKEN: i32 = 125;

impl StorageWorker {
    /// Runs the share on this thread.
    ///
    /// `cancelled` ends it between two calls; `stop` ends it in the middle of one.
    ///
    /// # Errors
    /// [`TaskEnd`] if calls may be left without an outcome in storage.
    pub fn run_on_thread(
        self,
        status: Arc<Status>,
        cancelled: Arc<AtomicBool>,
        stop: Stop,
    ) -> Result<(), TaskEnd> {
        self.run(status, cancelled, None, stop)
    }

    fn run(
        self,
        status: Arc<Status>,
        cancelled: Arc<AtomicBool>,
        output: Option<OutputCapture>,
        stop: Stop,
    ) -> Result<(), TaskEnd> {
        if self.order.protocol != PROTOCOL {
            return Err(TaskEnd::Protocol(self.order.protocol));
        }
        lithops_storage::install();
        let storage = Arc::new(CountingStorage::new(open_storage(&self.order.storage)?));
        let share = read_share(storage.as_ref(), &self.order, self.worker);
        let (mut head, messages) = handle().block_on(share)?;
        head.store_above = Some(head.store_above.unwrap_or(OWN_OBJECT).min(OWN_OBJECT));
        let limits = Arc::new(Limits::default());
        let heartbeat = Duration::from_millis(self.order.heartbeat_ms.max(10));
        let outbox = Arc::new(Outbox::new(Batches {
            storage,
            told: AtomicU64::new(0),
            job: head.job.clone(),
            wave: self.order.wave,
            worker: self.worker,
            sequence: AtomicU32::new(0),
            patience: PATIENCE.min(heartbeat),
        }));
        let _supervisor =
            Supervisor::start(Arc::clone(&status), Arc::clone(&limits), &outbox, heartbeat, stop)?;
        if lithops_core::api::is_inside_call() {
            // The process is a worker's own: a panic that aborts ends nobody else.
            crate::link::report_panics_that_abort(&status, &outbox);
        }
        let mut slot = Slot::new(status, limits, cancelled);
        if let Some(output) = output {
            slot = slot.capture(output);
        }
        let queue = Queue::default();
        queue.push(ToWorker::Job(Box::new(head)));
        for message in messages {
            queue.push(message);
        }
        slot.drain(&queue, &outbox);
        if outbox.flush() { Ok(()) } else { Err(TaskEnd::Unstored) }
    }
}

struct Batches {
    storage: Arc<CountingStorage>,
    /// How many requests have been told.
    told: AtomicU64,
    job: JobId,
    wave: u32,
    worker: u32,
    sequence: AtomicU32,
    patience: Duration,
}

impl Destination for Batches {
    fn send(&self, messages: Vec<FromWorker>) -> bool {
        let mut object = BytesMut::new();
        let asked = self.storage.counts().total() + 1;
        let told = self.told.swap(asked, Ordering::Relaxed);
        let untold = asked - told;
        let requests = FromWorker::Requests(u32::try_from(untold).unwrap_or(u32::MAX));
        for part in messages.into_iter().chain([requests]).flat_map(FromWorker::encode) {
            object.extend_from_slice(&part);
        }
        let object = object.freeze();
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        let key = keys::batch(&self.job, now_ms(), self.wave, self.worker, sequence, writer());
        let put = put_batch(self.storage.as_ref(), &key, object);
        match handle().block_on(put) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(key, %error, "a batch could not be stored; it is tried again later");
                self.told.store(told, Ordering::Relaxed);
                false
            }
        }
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn recovers(&self) -> bool {
        true
    }
}

/// A number that no other process of the same worker is likely to have.
pub(crate) fn writer() -> u32 {
    static WRITER: LazyLock<u32> = LazyLock::new(|| RandomState::new().hash_one(now_ms()) as u32);
    *WRITER
}

/// Stores a batch of a worker's messages under `key`, tried five times, within two seconds of waiting.
///
/// # Errors
/// [`StorageError`] of the last try.
pub async fn put_batch(
    storage: &dyn StorageBackend,
    key: &str,
    object: Bytes,
) -> Result<(), StorageError> {
    let mut wait = Duration::from_millis(50);
    let mut attempt = 1;
    loop {
        match storage.put(key, object.clone(), PutMode::Overwrite).await {
            Err(error) if attempt < TRIES => {
                tracing::warn!(key, attempt, %error, "a batch could not be stored");
            }
            stored => return stored,
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
        attempt += 1;
    }
}
