//! The thread on which functions run, away from the simulation's clock.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Instant;

use bytes::Bytes;
use lithops_core::function::{Arguments, BlockOn};
use lithops_core::wire::{CallError, ValueSink};
use lithops_worker::WorkerJob;

use crate::behave::{self, Manner};

/// What a function made of a call.
#[derive(Debug)]
pub(crate) struct Done {
    /// The encoded result, and whether it is an `Err` as a value.
    pub(crate) result: Result<(Bytes, bool), CallError>,
    pub(crate) manner: Manner,
}

struct Task {
    job: Arc<WorkerJob>,
    /// Index and attempt.
    call: (u32, u32),
    arguments: Arguments,
}

/// The thread on which all functions of a simulation run, one at a time, while its clock stands
/// still: there they are as far from it as in a worker's process.
#[derive(Debug)]
pub(crate) struct Desk {
    tasks: Option<Sender<Task>>,
    done: Receiver<Done>,
    thread: Option<JoinHandle<()>>,
}

impl Desk {
    pub(crate) fn open() -> std::io::Result<Self> {
        let (tasks, inbox) = channel::<Task>();
        let (answers, done) = channel();
        let work = move || {
            let mut output = ValueSink::new();
            for task in inbox {
                let Task { job, call, arguments } = task;
                let result = job.call(call, arguments, Instant::now(), &mut output, &Hurried);
                if answers.send(Done { result, manner: behave::told() }).is_err() {
                    return;
                }
            }
        };
        let thread =
            std::thread::Builder::new().name("lithops-simulated".to_owned()).spawn(work)?;
        Ok(Self { tasks: Some(tasks), done, thread: Some(thread) })
    }

    /// Calls the job's function and waits for it.
    pub(crate) fn call(&self, job: Arc<WorkerJob>, call: (u32, u32), arguments: Arguments) -> Done {
        let task = Task { job, call, arguments };
        let sent = self.tasks.as_ref().is_some_and(|tasks| tasks.send(task).is_ok());
        let done = if sent { self.done.recv().ok() } else { None };
        done.unwrap_or_else(|| {
            let reason = "the thread that runs functions has ended".to_owned();
            Done { result: Err(CallError::WorkerLost { reason }), manner: Manner::default() }
        })
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            // Panics of functions are caught: it can only end well.
            thread.join().ok();
        }
    }
}

/// Runs the futures of functions on a clock that runs ahead whenever they wait, and counts that as
/// time that the call takes.
struct Hurried;

impl BlockOn for Hurried {
    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime of this thread alone takes nothing of the system");
        let waited = runtime.block_on(async {
            let begun = tokio::time::Instant::now();
            future.await;
            begun.elapsed()
        });
        if !waited.is_zero() {
            behave::take(waited);
        }
    }
}
