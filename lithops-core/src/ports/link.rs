//! The direct way to workers: messages pushed at once, with no storage request.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{ComputeError, WorkerProfile};
use crate::wire::{CallError, FromWorker, ToWorker};

/// Opens lanes, each to one worker that runs one call at a time.
#[async_trait]
pub trait Link: Send + Sync {
    /// Starts a worker and gives the lane to it, without waiting for the worker to be up: messages
    /// may be sent at once.
    ///
    /// What the worker says goes to `sink`, its death last. A worker whose lane is dropped ends.
    ///
    /// It may take as long as the platform takes to find room. The future is dropped if nobody wants the
    /// worker any more: then none must come of it.
    ///
    /// # Errors
    /// [`ComputeError`] if no worker can be started.
    async fn open(
        &self,
        profile: &WorkerProfile,
        sink: LaneSink,
    ) -> Result<Box<dyn Lane>, ComputeError>;

    /// How long a worker without calls is kept for the next, while no call waits; `None` for as long
    /// as the executor lives. For platforms where others could have its place meanwhile.
    fn idle(&self) -> Option<Duration> {
        None
    }
}

/// The client's end of a lane.
pub trait Lane: Send + fmt::Debug {
    /// Queues a message; never blocks. If the worker is gone its death is, or will be, in the sink.
    fn send(&mut self, message: ToWorker);

    /// Stops the worker at once, in the middle of a call if it must.
    fn kill(&mut self);
}

/// Where a lane's events go.
#[derive(Clone, Debug)]
pub struct LaneSink {
    lane: u64,
    events: mpsc::UnboundedSender<LaneEvent>,
}

impl LaneSink {
    /// A sink for the lane numbered `lane`.
    pub fn new(lane: u64, events: mpsc::UnboundedSender<LaneEvent>) -> Self {
        Self { lane, events }
    }

    /// Passes an event on; gives false if nobody listens any more.
    pub fn send(&self, news: News) -> bool {
        self.events.send(LaneEvent { lane: self.lane, news }).is_ok()
    }
}

/// Something that happened on a lane.
#[derive(Debug)]
pub struct LaneEvent {
    /// The lane's number.
    pub lane: u64,
    /// What happened.
    pub news: News,
}

/// What happened on a lane.
#[derive(Debug)]
pub enum News {
    /// The worker said something.
    Said(FromWorker),
    /// The worker is gone; nothing follows.
    Died(Death),
}

/// How a worker ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Death {
    /// The call that it was running; none if it was between two calls.
    pub running: Option<Running>,
    /// Whether nobody saw which call it was running: then it was the first of those that it had been
    /// sent and had not answered.
    pub unseen: bool,
    /// What killed it: the outcome of that call, if it isn't run again.
    pub cause: CallError,
    /// Whether it had ever said that it was up.
    pub was_up: bool,
}

/// A call that a worker was running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// Number of the job on the link.
    pub ticket: u32,
    /// Place of the call in its job.
    pub index: u32,
    /// Which try it was.
    pub attempt: u32,
}

impl Running {
    pub(crate) fn numbers(self) -> (u32, u32, u32) {
        (self.ticket, self.index, self.attempt)
    }

    pub(crate) fn of_numbers((ticket, index, attempt): (u32, u32, u32)) -> Self {
        Self { ticket, index, attempt }
    }
}
