//! The way to one warm worker process.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lithops_core::ports::{
    ComputeError, ComputeErrorKind, Death, Lane, LaneSink, News, WorkerProfile,
};
use lithops_core::wire::{FrameDecoder, FromWorker, Need, ToWorker};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

use super::spawn::{WorkerProcess, spawn};
use super::{BACKEND, ProcessConfig, death};

/// How long a process that has hung up may take to end before it is killed.
const LAST_BREATH: Duration = Duration::from_millis(500);

/// The way to one warm worker process. Dropping it hangs up, which ends the process.
#[derive(Debug)]
pub(super) struct ProcessLane {
    messages: mpsc::UnboundedSender<Vec<Bytes>>,
    process: Arc<std::sync::Mutex<Option<WorkerProcess>>>,
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
    let stdin = Stdio::from(OwnedFd::from(theirs));
    let process = spawn(config, profile, stdin, "link", None)?;
    tracing::debug!(pid = process.child.id(), "worker process started");
    let process = Arc::new(std::sync::Mutex::new(Some(process)));
    let (reader, writer) = ours.into_split();
    let (messages, inbox) = mpsc::unbounded_channel();
    tokio::spawn(write(writer, inbox));
    tokio::spawn(read(reader, sink, Arc::clone(&process)));
    Ok(ProcessLane { messages, process })
}

/// The two ends of a new socket.
pub(super) fn pair() -> Result<(StdStream, StdStream), ComputeError> {
    StdStream::pair().map_err(no_socket)
}

fn no_socket(error: std::io::Error) -> ComputeError {
    ComputeError {
        kind: ComputeErrorKind::Quota,
        backend: BACKEND,
        operation: "make a socket for a worker",
        message: error.to_string(),
        source: Some(Box::new(error)),
    }
}

impl Lane for ProcessLane {
    fn send(&mut self, message: ToWorker) {
        // The process is gone if nobody takes it; its death is told by the reader.
        self.messages.send(message.encode()).ok();
    }

    fn kill(&mut self) {
        let process = self.process.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(process) = process.as_ref() {
            process.kill();
        }
    }
}

/// Writes messages until the lane is dropped or the process hangs up; then hangs up.
async fn write(mut socket: OwnedWriteHalf, mut inbox: mpsc::UnboundedReceiver<Vec<Bytes>>) {
    let mut messages = Vec::new();
    while inbox.recv_many(&mut messages, 64).await > 0 {
        let mut parts: std::collections::VecDeque<Bytes> = messages.drain(..).flatten().collect();
        while !parts.is_empty() {
            let slices: Vec<_> = parts.iter().take(64).map(|p| std::io::IoSlice::new(p)).collect();
            let Ok(mut written) = socket.write_vectored(&slices).await else { return };
            while let Some(part) = parts.front_mut() {
                if written < part.len() {
                    bytes::Buf::advance(part, written);
                    break;
                }
                written -= part.len();
                parts.pop_front();
            }
        }
    }
    // Dropping the half shuts the socket down for writing, which the worker takes as the end.
}

/// Passes on what the process says, until it hangs up; then tells of its death.
async fn read(
    mut socket: OwnedReadHalf,
    sink: LaneSink,
    process: Arc<std::sync::Mutex<Option<WorkerProcess>>>,
) {
    let mut was_up = false;
    let end = hear(&mut socket, &sink, &mut was_up).await;
    if let Err(error) = &end {
        tracing::warn!(%error, "a worker can't be understood");
    }
    let taken = process.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    let Some(process) = taken else { return };
    let running = process.status.running().map(|(running, _)| running);
    let death = tokio::task::spawn_blocking(move || bury(process)).await;
    let cause = death.unwrap_or_else(|error| lithops_core::wire::CallError::WorkerLost {
        reason: error.to_string(),
    });
    sink.send(News::Died(Death { running, cause, was_up }));
}

async fn hear(
    socket: &mut OwnedReadHalf,
    sink: &LaneSink,
    was_up: &mut bool,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut decoder = FrameDecoder::new();
    loop {
        while let Some(frame) = decoder.next_frame()? {
            *was_up = true;
            if !sink.send(News::Said(FromWorker::decode(frame)?)) {
                return Ok(());
            }
        }
        let read = match decoder.need() {
            Need::Any(buffer) => socket.read_buf(buffer).await,
            Need::Exactly(body, missing) => {
                socket.read_buf(&mut bytes::BufMut::limit(body, missing)).await
            }
        };
        match read {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            // A process that dies with unread messages resets the connection: that is an end too.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits for the end of a process that has hung up, and tells what it died of.
fn bury(mut process: WorkerProcess) -> lithops_core::wire::CallError {
    let deadline = std::time::Instant::now() + LAST_BREATH;
    let mut wait = Duration::from_micros(200);
    loop {
        match process.child.try_wait() {
            Ok(Some(status)) => {
                // Whatever it has started ends too.
                process.kill();
                return death::cause(&process, status);
            }
            Ok(None) if std::time::Instant::now() >= deadline => process.kill(),
            Ok(None) => {}
            Err(error) => {
                let reason = format!("its end can't be learned: {error}");
                return lithops_core::wire::CallError::WorkerLost { reason };
            }
        }
        std::thread::sleep(wait);
        wait = (wait * 2).min(Duration::from_millis(20));
    }
}
