//! One thread that runs calls, and the way to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lithops_core::ports::{ComputeError, ComputeErrorKind, Death, Lane, LaneSink, News};
use lithops_core::wire::{CallError, FromWorker, ToWorker};
use lithops_worker::{Destination, Limits, Outbox, Queue, Slot, Status, Supervisor};

/// The way to a thread that runs calls.
#[derive(Debug)]
pub(super) struct ThreadLane {
    queue: Arc<Queue>,
    status: Arc<Status>,
    outbox: Arc<Outbox>,
    cancelled: Arc<AtomicBool>,
    supervisor: Supervisor,
    sink: LaneSink,
}

/// How often a thread that runs a long call is said to be alive.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Starts a thread.
pub(super) fn open(sink: LaneSink) -> Result<ThreadLane, ComputeError> {
    let queue = Arc::new(Queue::default());
    let status = Arc::new(Status::on_heap());
    let limits = Arc::new(Limits::default());
    let outbox = Arc::new(Outbox::new(Events(sink.clone())));
    let cancelled = Arc::new(AtomicBool::new(false));
    let abandon = {
        let (queue, cancelled, sink) = (Arc::clone(&queue), Arc::clone(&cancelled), sink.clone());
        move || {
            cancelled.store(true, Ordering::Relaxed);
            queue.close();
            let cause = CallError::WorkerLost { reason: "its thread was abandoned".to_owned() };
            sink.send(News::Died(Death { running: None, unseen: false, cause, was_up: true }));
        }
    };
    let supervisor = Supervisor::start(
        Arc::clone(&status),
        Arc::clone(&limits),
        &outbox,
        HEARTBEAT,
        Box::new(abandon),
    )
    .map_err(no_thread)?;
    let mut slot = Slot::new(Arc::clone(&status), limits, Arc::clone(&cancelled));
    let (calls, reports) = (Arc::clone(&queue), Arc::clone(&outbox));
    std::thread::Builder::new()
        .name("lithops-slot".to_owned())
        .stack_size(8 << 20)
        .spawn(move || slot.work(&calls, &reports))
        .map_err(no_thread)?;
    sink.send(News::Said(FromWorker::Alive));
    Ok(ThreadLane { queue, status, outbox, cancelled, supervisor, sink })
}

pub(super) fn no_thread(error: std::io::Error) -> ComputeError {
    ComputeError {
        kind: ComputeErrorKind::Quota,
        backend: super::BACKEND,
        operation: "start a thread",
        message: format!("{error}; lower the number of workers, or raise the limit of threads"),
        source: Some(Box::new(error)),
    }
}

impl Lane for ThreadLane {
    fn send(&mut self, message: ToWorker) {
        if let Some(calls) = self.queue.push(message) {
            self.outbox.flush();
            self.sink.send(News::Said(FromWorker::Returned { calls }));
        }
        self.supervisor.wake();
    }

    fn kill(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.outbox.shut();
        self.queue.close();
        let running = self.status.running().map(|(running, _)| running);
        let cause = CallError::WorkerLost { reason: "its thread was abandoned".to_owned() };
        self.sink.send(News::Died(Death { running, unseen: false, cause, was_up: true }));
    }
}

impl Drop for ThreadLane {
    fn drop(&mut self) {
        self.queue.close();
    }
}

struct Events(LaneSink);

impl Destination for Events {
    fn send(&self, messages: Vec<FromWorker>) -> bool {
        messages.into_iter().all(|message| self.0.send(News::Said(message)))
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(1)
    }
}
