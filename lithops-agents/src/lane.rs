//! The way to one worker at an agent.

use std::sync::Arc;

use lithops_core::ports::{Death, Lane, LaneSink, News};
use lithops_core::wire::{CallError, Encoded, ToWorker};
use tokio::sync::mpsc;

use crate::agent::{Agent, WorkerEnd};
use crate::frames;
use crate::room::Room;
use crate::worker::{LAST_BREATH, Worker};

/// The way to one worker at an agent. Dropping it hangs up, which ends the worker.
#[derive(Debug)]
pub struct AgentLane {
    messages: mpsc::UnboundedSender<Encoded>,
    agent: Arc<Agent>,
    lane: u64,
    room: Room,
}

impl AgentLane {
    /// Opens the lane to a worker that was started with
    /// [`WorkerTask::Link`](lithops_core::wire::WorkerTask::Link). Waits for nothing: messages may be
    /// sent at once, and what comes of the worker, its death last, goes to `sink` from a task.
    pub fn open(worker: Worker, sink: LaneSink) -> Self {
        let (messages, inbox) = mpsc::unbounded_channel();
        let (agent, lane, room) = (Arc::clone(worker.agent()), worker.lane(), worker.room());
        tokio::spawn(listen(worker, inbox, sink));
        Self { messages, agent, lane, room }
    }
}

impl Drop for AgentLane {
    fn drop(&mut self) {
        // The worker ends in a moment: the next one need not wait for it, nor for a new agent.
        self.room.give_back();
    }
}

impl Lane for AgentLane {
    fn send(&mut self, message: ToWorker) {
        // The worker is gone if nobody takes it; its death is told by the reader.
        self.messages.send(message.encode()).ok();
    }

    fn kill(&mut self) {
        self.agent.kill(self.lane);
    }
}

/// Passes on what a worker says, until it hangs up; then tells of its death.
async fn listen(mut worker: Worker, inbox: mpsc::UnboundedReceiver<Encoded>, sink: LaneSink) {
    let (was_up, end) = match worker.connection().await {
        Ok(stream) => {
            let (reader, writer) = stream.into_split();
            let writer = tokio::spawn(frames::write(writer, inbox));
            let was_up = frames::hear(reader, &sink, orphaned(worker.agent())).await;
            // One that lives on without its agent is hung up on.
            writer.abort();
            (was_up, worker.end().await)
        }
        Err(end) => (false, end),
    };
    let hung_up = || CallError::WorkerLost { reason: "it hung up".to_owned() };
    let cause = end.cause.unwrap_or_else(hung_up);
    let WorkerEnd { running, unseen, .. } = end;
    sink.send(News::Died(Death { running, unseen, cause, was_up }));
}

/// Waits until a worker's agent is gone, so that nobody could kill the worker any more, and a moment
/// longer, for what it may have said before it went too.
async fn orphaned(agent: &Agent) {
    agent.ended().await;
    tokio::time::sleep(LAST_BREATH).await;
}
