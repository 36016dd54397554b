//! A worker that goes by an order: it reads its share from storage and writes batches of outcomes.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use lithops_core::ports::{PutMode, StorageBackend, StorageError, open_storage};
use lithops_core::wire::{
    Frame, FrameError, FromWorker, JobHead, JobId, PROTOCOL, Share, ToWorker, WorkOrder, keys,
};
use lithops_storage::layers::CountingStorage;

use crate::outbox::{Destination, Outbox};
use crate::output::OutputCapture;
use crate::page::Status;
use crate::queue::Queue;
use crate::runtime::handle;
use crate::slot::Slot;
use crate::supervisor::{Limits, Stop, Supervisor, now_ms};

/// How long an outcome waits for others to share an object with.
const PATIENCE: Duration = Duration::from_millis(500);
/// Results larger than this get an object of their own.
const OWN_OBJECT: u64 = 1 << 20;
/// The preface of a job's object and all its calls are read in one request up to this size.
const READ_WHOLE: u64 = 64 * 1024;
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
        let (mut head, messages) = handle().block_on(self.read(storage.as_ref()))?;
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

    /// Reads the job's head and this worker's calls: two requests, or one of a small object.
    async fn read(
        &self,
        storage: &dyn StorageBackend,
    ) -> Result<(JobHead, Vec<ToWorker>), TaskEnd> {
        let WorkOrder { job, wave, preface, digest, len, workers, .. } = &self.order;
        if self.worker >= *workers {
            return Err(TaskEnd::NoShare(self.worker));
        }
        let key = keys::wave(job, *wave);
        let at_once = if *len <= READ_WHOLE { *len } else { *preface };
        let mut object = storage.get_range(&key, 0..at_once).await?;
        let length = usize::try_from(*preface).ok().filter(|preface| *preface <= object.len());
        let head = object.split_to(length.ok_or(FrameError::Truncated)?);
        if !digest.fits(&head) {
            return Err(TaskEnd::Forged(key));
        }
        let mut frames = Frame::read_all(head)?.into_iter();
        let mut next = || frames.next().ok_or(FrameError::Truncated).and_then(ToWorker::decode);
        let (ToWorker::Job(head), ToWorker::Shares(shares)) = (next()?, next()?) else {
            return Err(FrameError::Truncated.into());
        };
        if head.job != *job {
            return Err(TaskEnd::OtherJob { ordered: job.clone(), found: head.job });
        }
        let (start, Share { len: length, digest }) = place(&shares, self.worker)?;
        let end = start.checked_add(length).ok_or(FrameError::Truncated)?;
        let share = if object.is_empty() {
            let behind = |at: u64| preface.checked_add(at).ok_or(FrameError::Truncated);
            storage.get_range(&key, behind(start)?..behind(end)?).await?
        } else {
            let end = usize::try_from(end).ok().filter(|end| *end <= object.len());
            object.slice(start as usize..end.ok_or(FrameError::Truncated)?)
        };
        if !digest.fits(&share) {
            return Err(TaskEnd::Forged(key));
        }
        let messages = Frame::read_all(share)?.into_iter().map(ToWorker::decode);
        Ok((*head, messages.collect::<Result<_, _>>()?))
    }
}

/// Where a worker's calls begin behind the preface, and which they are.
fn place(shares: &[Share], worker: u32) -> Result<(u64, Share), TaskEnd> {
    let (before, rest) =
        shares.split_at_checked(worker as usize).ok_or(TaskEnd::NoShare(worker))?;
    let share = rest.first().ok_or(TaskEnd::NoShare(worker))?;
    let start = before.iter().try_fold(0u64, |sum, share| sum.checked_add(share.len));
    Ok((start.ok_or(FrameError::Truncated)?, share.clone()))
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

/// Stores a batch, tried a few times.
pub(crate) async fn put_batch(
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
