//! A worker process at the end of a socket.

use std::fs::File;
use std::io::{IoSlice, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lithops_core::wire::CallError;
use lithops_core::wire::{FromWorker, PROTOCOL, Report, Timing, ToWorker};

use crate::frames::{Frames, ServeError};
use crate::outbox::{Destination, Outbox};
use crate::output::OutputCapture;
use crate::page::Status;
use crate::queue::Queue;
use crate::slot::Slot;
use crate::supervisor::{Limits, Supervisor};

/// How often the client hears of a worker that has nothing else to say.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// Serves the client at the other end of standard input until it hangs up; then ends the process and
/// what calls have started in it.
pub(crate) fn serve() {
    if let Err(error) = try_serve() {
        // Standard error is where the parent looks for the cause of a death.
        eprintln!("lithops worker: {error}");
    }
    end_all();
}

fn try_serve() -> Result<(), ServeError> {
    let socket = take_socket()?;
    let status = Arc::new(match File::options().read(true).write(true).open("/proc/self/fd/1") {
        Ok(file) => Status::in_file(&file).unwrap_or_else(|_| Status::on_heap()),
        Err(_) => Status::on_heap(),
    });
    let limits = Arc::new(Limits::default());
    let outbox = Arc::new(Outbox::new(Socket(Mutex::new(socket.try_clone()?))));
    outbox.say(FromWorker::Hello { protocol: PROTOCOL });
    let supervisor = Supervisor::start(
        Arc::clone(&status),
        Arc::clone(&limits),
        &outbox,
        HEARTBEAT,
        Box::new(end_all),
    )?;
    report_panics_that_abort(&status, &outbox);
    let queue = Arc::new(Queue::default());
    let slot = Slot::new(status, limits, Arc::new(AtomicBool::new(false)));
    let slot = slot.capture(OutputCapture::of_process()?);
    run_slot(slot, Arc::clone(&queue), Arc::clone(&outbox))?;
    listen(socket, &queue, &outbox, &supervisor)
}

/// Ends the process when its standard input ends: when its client is gone, however it went.
pub(crate) fn end_with_stdin() {
    match take_socket() {
        Ok(mut leash) => {
            std::thread::spawn(move || {
                // Nothing is ever sent: this returns at the end, or because there is no other side.
                leash.read_to_end(&mut Vec::new()).ok();
                end_all();
            });
        }
        Err(error) => eprintln!("lithops worker: it can't see whether its client lives: {error}"),
    }
}

/// Takes the socket from standard input, and leaves nothing there for functions to read.
fn take_socket() -> std::io::Result<UnixStream> {
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(UnixStream::from(socket))
}

fn run_slot(mut slot: Slot, queue: Arc<Queue>, outbox: Arc<Outbox>) -> std::io::Result<()> {
    std::thread::Builder::new()
        .name("lithops-worker".to_owned())
        // As much as a program's main thread has: functions may recurse as deep as there.
        .stack_size(8 << 20)
        .spawn(move || {
            slot.work(&queue, &outbox);
            // Only a bug in this crate gets here by a panic; the parent sees the process end.
            end_all();
        })?;
    Ok(())
}

/// Reads until the client hangs up.
fn listen(
    socket: UnixStream,
    queue: &Queue,
    outbox: &Outbox,
    supervisor: &Supervisor,
) -> Result<(), ServeError> {
    let mut frames = Frames::new(socket);
    while let Some(frame) = frames.next()? {
        let message = ToWorker::decode(frame)?;
        if let Some(calls) = queue.push(message) {
            outbox.say(FromWorker::Returned { calls });
        }
        supervisor.wake();
    }
    Ok(())
}

/// In a program built with `panic = "abort"` the panic hook itself reports, before the abort.
pub(crate) fn report_panics_that_abort(status: &Arc<Status>, outbox: &Arc<Outbox>) {
    let (status, outbox) = (Arc::clone(status), Arc::clone(outbox));
    crate::panic::set_last_words(Box::new(move |panic| {
        if let Some((running, started_ms)) = status.running() {
            let cause = CallError::Panicked(panic);
            let report = Report::without_value(running.index, running.attempt, cause);
            let timing = Timing { started_ns: started_ms * 1_000_000, busy_ns: 0 };
            let report = Report { timing, ..report };
            // On a thread of its own: the one that panics may be inside a runtime, where what goes
            // to storage can't be waited for.
            let outbox = Arc::clone(&outbox);
            let last = std::thread::spawn(move || outbox.say_last(running.ticket, report));
            // The process aborts next, whatever came of it.
            last.join().ok();
        }
    }));
}

/// Ends this process and every process that calls have started in it.
pub(crate) fn end_all() {
    let own_group = rustix::process::getpgrp() == rustix::process::getpid();
    if own_group
        && rustix::process::kill_current_process_group(rustix::process::Signal::KILL).is_ok()
    {
        std::thread::park();
    }
    std::process::exit(0);
}

struct Socket(Mutex<UnixStream>);

impl Destination for Socket {
    fn send(&self, messages: Vec<FromWorker>) -> bool {
        let mut socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let parts: Vec<_> = messages.into_iter().flat_map(FromWorker::encode).collect();
        let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        write_all(&mut socket, &mut slices).is_ok()
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(1)
    }
}

fn write_all(socket: &mut UnixStream, mut slices: &mut [IoSlice<'_>]) -> std::io::Result<()> {
    while !slices.is_empty() {
        match socket.write_vectored(slices) {
            Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut slices, written),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
