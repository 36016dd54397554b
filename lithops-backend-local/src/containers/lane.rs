//! The way to one worker in a container.

use std::sync::Arc;
use std::time::Duration;

use lithops_core::ports::{ComputeError, Death, Lane, LaneSink, News, WorkerProfile};
use lithops_core::wire::{CallError, Encoded, Preamble, ToWorker, WorkerStart, WorkerTask};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::container::{Container, WorkerEnd};
use super::host::{Host, Room, Seat};
use super::switchboard::Expected;
use crate::frames;

/// How long a worker that has hung up may take to end before it is killed.
const LAST_BREATH: Duration = Duration::from_millis(500);
/// How long the end of a worker that was killed may take to be told: a container that is gone with
/// it says how within three seconds.
const BURIAL: Duration = Duration::from_secs(5);
/// How long a worker may take from its start to its connection.
const CALL: Duration = Duration::from_secs(20);

/// The way to one worker in a container. Dropping it hangs up, which ends the worker.
#[derive(Debug)]
pub(super) struct ContainerLane {
    messages: mpsc::UnboundedSender<Encoded>,
    container: Arc<Container>,
    lane: u64,
    room: Room,
}

impl Drop for ContainerLane {
    fn drop(&mut self) {
        // The worker ends in a moment: the next one need not wait for it, nor for a new container.
        self.room.give_back();
    }
}

impl Lane for ContainerLane {
    fn send(&mut self, message: ToWorker) {
        // The worker is gone if nobody takes it; its death is told by the reader.
        self.messages.send(message.encode()).ok();
    }

    fn kill(&mut self) {
        self.container.kill(self.lane);
    }
}

/// A worker that was asked for.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) seat: Seat,
    pub(super) lane: u64,
    expected: Expected,
    end: oneshot::Receiver<WorkerEnd>,
}

impl Worker {
    /// Starts a worker where there is room, in a new container if it must be.
    pub(super) async fn start(
        host: &Host,
        task: WorkerTask,
        profile: &WorkerProfile,
    ) -> Result<Self, ComputeError> {
        let seat = host.seat().await?;
        let lane = host.next_lane();
        let expected = host.switchboard.expect(Preamble::Lane(lane));
        let environment = profile.environment.clone();
        let start = WorkerStart { lane, task, environment, memory: profile.memory };
        let end = seat.container.begin(start);
        Ok(Self { seat, lane, expected, end })
    }

    /// Its connection; or its end, if that comes first.
    pub(super) async fn connection(&mut self) -> Result<UnixStream, WorkerEnd> {
        tokio::select! {
            biased;
            Some(stream) = self.expected.connection() => Ok(stream),
            end = &mut self.end => Err(end.unwrap_or_else(|_| self.lost())),
            () = tokio::time::sleep(CALL) => {
                self.seat.container.kill(self.lane);
                let reason = format!("it has not called within {CALL:?} of its start");
                let cause = Some(CallError::WorkerLost { reason });
                Err(WorkerEnd { running: None, cause, unseen: false })
            }
        }
    }

    /// How it has ended, after it has hung up.
    pub(super) async fn end(&mut self) -> WorkerEnd {
        let mut told = timeout(LAST_BREATH, &mut self.end).await;
        if told.is_err() {
            self.seat.container.kill(self.lane);
            told = timeout(BURIAL, &mut self.end).await;
        }
        match told {
            Ok(Ok(end)) => end,
            Ok(Err(_)) | Err(_) => self.lost(),
        }
    }

    /// Waits for its end, however long it takes.
    pub(super) async fn ended(&mut self) -> WorkerEnd {
        (&mut self.end).await.unwrap_or_else(|_| self.lost())
    }

    /// The end of a worker whose container is gone.
    fn lost(&self) -> WorkerEnd {
        WorkerEnd { running: None, cause: Some(self.seat.container.lost()), unseen: true }
    }
}

/// Starts a worker and the task that listens to it.
pub(super) async fn open(
    host: &Host,
    profile: &WorkerProfile,
    sink: LaneSink,
) -> Result<ContainerLane, ComputeError> {
    let worker = Worker::start(host, WorkerTask::Link, profile).await?;
    let (messages, inbox) = mpsc::unbounded_channel();
    let (container, lane) = (Arc::clone(&worker.seat.container), worker.lane);
    let room = worker.seat.room.clone();
    tokio::spawn(listen(worker, inbox, sink));
    Ok(ContainerLane { messages, container, lane, room })
}

/// Passes on what a worker says, until it hangs up; then tells of its death.
async fn listen(mut worker: Worker, inbox: mpsc::UnboundedReceiver<Encoded>, sink: LaneSink) {
    let (was_up, end) = match worker.connection().await {
        Ok(stream) => {
            let (reader, writer) = stream.into_split();
            tokio::spawn(frames::write(writer, inbox));
            let was_up = frames::hear(reader, &sink).await;
            (was_up, worker.end().await)
        }
        Err(end) => (false, end),
    };
    let hung_up = || CallError::WorkerLost { reason: "it hung up".to_owned() };
    let cause = end.cause.unwrap_or_else(hung_up);
    let WorkerEnd { running, unseen, .. } = end;
    sink.send(News::Died(Death { running, unseen, cause, was_up }));
}
