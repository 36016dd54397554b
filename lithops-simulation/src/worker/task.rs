//! A worker that goes by an order through storage.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use lithops_core::ports::{Running, StorageBackend};
use lithops_core::wire::{
    CallError, ExitReport, FromWorker, JobHead, Report, ToWorker, WorkOrder, keys,
};
use lithops_storage::layers::CountingStorage;
use lithops_worker::{put_batch, read_share};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::execution::{Ended, Executor, Job};
use super::fate::{Fate, Turn};
use crate::scene::Scene;
use crate::tally::Place;

/// How long an outcome waits for others to share an object with.
const PATIENCE: Duration = Duration::from_millis(500);
/// Results larger than this get an object of their own.
const OWN_OBJECT: u64 = 1 << 20;

/// A worker that goes by an order.
#[derive(Debug)]
pub(crate) struct TaskWorker {
    pub(crate) scene: Arc<Scene>,
    pub(crate) storage: Arc<dyn StorageBackend>,
    pub(crate) order: WorkOrder,
    pub(crate) worker: u32,
    pub(crate) fate: Fate,
    /// Which of those that were started by the same order.
    pub(crate) copy: u32,
}

/// How a worker ended.
#[derive(Clone, Debug)]
pub(crate) enum End {
    Well,
    /// It was running this call; nobody may know.
    Died(Option<Running>),
    /// It could not do its work.
    Broke(String),
}

impl TaskWorker {
    /// Works to the end.
    pub(crate) async fn work(self) -> End {
        let Self { scene, storage, order, worker, fate, copy } = self;
        let place = Place::Task { job: order.job.clone(), wave: order.wave, worker };
        if fate.turn == Turn::DiesFirst {
            scene.disturb(&place, format_args!("dies before its first word"));
            return End::Died(None);
        }
        let storage = Arc::new(CountingStorage::new(storage));
        let (head, messages) = match read_share(storage.as_ref(), &order, worker).await {
            Ok(share) => share,
            Err(error) => {
                scene.disturb(&place, format_args!("can't read its share: {error}"));
                return End::Broke(error.to_string());
            }
        };
        let heartbeat = Duration::from_millis(order.heartbeat_ms.max(10));
        let outbox = Arc::new(Outbox {
            scene: Arc::clone(&scene),
            storage: Arc::clone(&storage),
            head: head.clone(),
            wave: order.wave,
            worker,
            copy,
            fate: fate.clone(),
            unsaid: Mutex::default(),
            sequence: AtomicU32::new(0),
            told: AtomicU64::new(0),
            sending: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
        });
        let storage: Arc<dyn StorageBackend> = storage;
        let executor = Executor { scene, storage, place, fate, begun: 0 };
        let calls = calls(executor, head, messages, &outbox);
        let supervise = outbox.supervise(heartbeat);
        tokio::select! {
            biased;
            end = calls => end,
            () = supervise => End::Broke("its supervisor ended".to_owned()),
        }
    }
}

async fn calls(
    mut executor: Executor,
    head: JobHead,
    messages: Vec<ToWorker>,
    outbox: &Outbox,
) -> End {
    let ticket = head.ticket;
    let job = Job::new(head, Some(OWN_OBJECT));
    for message in messages {
        let ToWorker::Run { calls, .. } = message else { continue };
        for call in calls {
            let running = Running { ticket, index: call.index, attempt: call.attempt };
            if let Turn::Stalls(nth, length) = executor.fate.turn
                && nth == executor.begun
            {
                outbox.stall(length);
            }
            match executor.run(&job, call).await {
                Ended::Reported(report) => outbox.push(report),
                Ended::Last(report) => {
                    outbox.push(report);
                    outbox.flush().await;
                    return End::Broke("a call was past its limit".to_owned());
                }
                Ended::Died => return End::Died(Some(running)),
                Ended::DiedAfter => return End::Died(None),
            }
        }
    }
    if outbox.flush().await {
        return End::Well;
    }
    executor.scene.disturb(&executor.place, format_args!("can't store its outcomes"));
    End::Broke("outcomes could not be stored".to_owned())
}

/// What a worker has to say and has not said.
#[derive(Debug)]
struct Outbox {
    scene: Arc<Scene>,
    storage: Arc<CountingStorage>,
    head: JobHead,
    wave: u32,
    worker: u32,
    copy: u32,
    fate: Fate,
    unsaid: Mutex<Unsaid>,
    sequence: AtomicU32,
    /// How many requests have been told.
    told: AtomicU64,
    sending: tokio::sync::Mutex<()>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Unsaid {
    reports: Vec<Report>,
    since: Option<Instant>,
    /// The whole worker stands still until then.
    still: Option<Option<Instant>>,
}

impl Outbox {
    fn unsaid(&self) -> std::sync::MutexGuard<'_, Unsaid> {
        self.unsaid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, report: Report) {
        let mut unsaid = self.unsaid();
        unsaid.since.get_or_insert_with(Instant::now);
        unsaid.reports.push(report);
        self.changed.notify_one();
    }

    fn stall(&self, length: Option<Duration>) {
        self.unsaid().still = Some(length.map(|length| Instant::now() + length));
        self.changed.notify_one();
    }

    /// Writes what waits; gives whether nothing waits any more.
    async fn flush(&self) -> bool {
        let _sending = self.sending.lock().await;
        let reports = {
            let mut unsaid = self.unsaid();
            unsaid.since = None;
            std::mem::take(&mut unsaid.reports)
        };
        if reports.is_empty() {
            return true;
        }
        let message = FromWorker::Reports { ticket: self.head.ticket, reports: reports.clone() };
        if self.write(message).await {
            return true;
        }
        let mut unsaid = self.unsaid();
        let later = std::mem::replace(&mut unsaid.reports, reports);
        unsaid.reports.extend(later);
        unsaid.since = Some(Instant::now());
        false
    }

    async fn write(&self, message: FromWorker) -> bool {
        let asked = self.storage.counts().total() + 1;
        let untold = asked - self.told.swap(asked, Ordering::Relaxed);
        let requests = FromWorker::Requests(u32::try_from(untold).unwrap_or(u32::MAX));
        let mut object = BytesMut::new();
        for part in [message, requests].into_iter().flat_map(FromWorker::encode) {
            object.extend_from_slice(&part);
        }
        let now = self.fate.now_ms();
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        let key = keys::batch(&self.head.job, now, self.wave, self.worker, sequence, self.copy);
        match put_batch(self.storage.as_ref(), &key, object.freeze()).await {
            Ok(()) => true,
            Err(error) => {
                self.scene.fault(format_args!("{key} can't be stored: {error}"));
                false
            }
        }
    }

    /// Writes what has waited long enough, and signs of life; never ends.
    async fn supervise(&self, heartbeat: Duration) {
        let mut said = Instant::now();
        loop {
            let (since, still) = {
                let unsaid = self.unsaid();
                (unsaid.since, unsaid.still)
            };
            match still {
                Some(None) => std::future::pending().await,
                Some(Some(until)) => sleep_until(until).await,
                None => {}
            }
            let due = since.map(|since| since + PATIENCE.min(heartbeat));
            let (due, beat) = (due.unwrap_or(said + heartbeat), said + heartbeat);
            tokio::select! {
                biased;
                () = self.changed.notified() => continue,
                () = sleep_until(due.min(beat)) => {}
            }
            let now = Instant::now();
            if since.is_some() && now >= due {
                self.flush().await;
            }
            if now >= beat {
                said = now;
                if self.flush().await {
                    let _sending = self.sending.lock().await;
                    self.write(FromWorker::Alive).await;
                }
            }
        }
    }
}

/// How somebody tells of a worker's death who may have seen what it was at: the call, whether nobody
/// saw, and the cause.
pub(crate) fn obituary(seen: bool, running: Option<Running>) -> (Option<Running>, bool, CallError) {
    let killed = CallError::Signalled { signal: 9, report: ExitReport::default() };
    match (seen, running) {
        (true, Some(_)) => (running, false, killed),
        // No call is known to be to blame.
        (true, None) => {
            (None, false, CallError::WorkerLost { reason: "killed between two calls".to_owned() })
        }
        (false, _) => (None, true, killed),
    }
}
