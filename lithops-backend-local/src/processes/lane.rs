//! The way to one warm worker process.

use std::os::unix::net::UnixStream as StdStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lithops_agents::frames;
use lithops_core::ports::{
    ComputeError, ComputeErrorKind, Death, Lane, LaneSink, News, Running, WorkerProfile,
};
use lithops_core::wire::{CallError, Encoded, ToWorker, WorkerStart, WorkerTask};
use lithops_worker::WorkerProcess;
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::mpsc;

use super::{BACKEND, ProcessConfig, spawn};

/// How long a process that has hung up may take to end before it is killed.
const LAST_BREATH: Duration = Duration::from_millis(500);

/// The way to one warm worker process. Dropping it hangs up, which ends the process.
#[derive(Debug)]
pub(super) struct ProcessLane {
    messages: mpsc::UnboundedSender<Encoded>,
    process: Arc<Mutex<Option<WorkerProcess>>>,
}

/// Starts a process and the two tasks that talk to it.
pub(super) fn open(
    config: &ProcessConfig,
    profile: &WorkerProfile,
    sink: LaneSink,
) -> Result<ProcessLane, ComputeError> {
    let (ours, theirs) = pair()?;
    ours.set_nonblocking(true).map_err(no_socket)?;
    let ours = UnixStream::from_std(ours).map_err(no_socket)?;
    let start = WorkerStart {
        lane: 0,
        task: WorkerTask::Link,
        environment: profile.environment.clone(),
        memory: profile.memory,
    };
    let process = spawn(config, &start, theirs)?;
    tracing::debug!(pid = process.id(), "worker process started");
    let process = Arc::new(Mutex::new(Some(process)));
    let (reader, writer) = ours.into_split();
    let (messages, inbox) = mpsc::unbounded_channel();
    tokio::spawn(frames::write(writer, inbox));
    tokio::spawn(read(reader, sink, Arc::clone(&process)));
    Ok(ProcessLane { messages, process })
}

/// The two ends of a new socket.
pub(super) fn pair() -> Result<(StdStream, StdStream), ComputeError> {
    StdStream::pair().map_err(no_socket)
}

fn no_socket(error: std::io::Error) -> ComputeError {
    ComputeError::because(BACKEND, ComputeErrorKind::Quota, "make a socket for a worker", error)
}

impl Lane for ProcessLane {
    fn send(&mut self, message: ToWorker) {
        // The process is gone if nobody takes it; its death is told by the reader.
        self.messages.send(message.encode()).ok();
    }

    fn kill(&mut self) {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = process.as_ref() {
            process.kill();
        }
    }
}

/// Passes on what the process says, until it hangs up; then tells of its death.
async fn read(socket: OwnedReadHalf, sink: LaneSink, process: Arc<Mutex<Option<WorkerProcess>>>) {
    let was_up = frames::hear(socket, &sink, std::future::pending()).await;
    let taken = process.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(process) = taken else { return };
    let end = tokio::task::spawn_blocking(move || bury(process)).await;
    let (running, cause) = end.unwrap_or_else(|error| (None, lost(error.to_string())));
    sink.send(News::Died(Death { running, unseen: false, cause, was_up }));
}

fn lost(reason: String) -> CallError {
    CallError::WorkerLost { reason }
}

/// Waits for the end of a process that has hung up, and tells what it died of.
fn bury(mut process: WorkerProcess) -> (Option<Running>, CallError) {
    let deadline = Instant::now() + LAST_BREATH;
    let mut wait = Duration::from_micros(200);
    loop {
        match process.try_wait() {
            Ok(Some(status)) => {
                // Whatever it has started ends too.
                process.kill();
                let (running, cause) = process.end(status);
                return (running, cause.unwrap_or_else(|| lost("it hung up".to_owned())));
            }
            Ok(None) if Instant::now() >= deadline => process.kill(),
            Ok(None) => {}
            Err(error) => return (None, lost(format!("its end can't be learned: {error}"))),
        }
        std::thread::sleep(wait);
        wait = (wait * 2).min(Duration::from_millis(20));
    }
}
