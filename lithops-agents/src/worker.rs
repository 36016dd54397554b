//! A worker that an agent was asked for: its connection, and its end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use lithops_core::ports::WorkerProfile;
use lithops_core::wire::{CallError, Preamble, WorkerStart, WorkerTask};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::agent::{Agent, WorkerEnd};
use crate::room::{Claim, Room};
use crate::secret::secret_number;
use crate::stream::Stream;
use crate::switchboard::{Expected, Switchboard};

/// How long a worker that has hung up may take to end before it is killed.
pub(crate) const LAST_BREATH: Duration = Duration::from_millis(500);
/// How long the end of a worker that was killed may take to be told: that of an agent that is gone
/// with it is within four seconds.
const BURIAL: Duration = Duration::from_secs(5);
/// How long a worker may take from its start to its connection.
const CALL: Duration = Duration::from_secs(20);

/// A worker that was asked for. It ends when its connection is dropped.
#[derive(Debug)]
pub struct Worker {
    agent: Arc<Agent>,
    lane: u64,
    claim: Claim,
    expected: Expected,
    end: oneshot::Receiver<WorkerEnd>,
}

impl Worker {
    /// Has `agent` start a worker, which will call at `switchboard`, the agent's own. Waits for
    /// nothing. The room that `claim` holds is given back when this is dropped.
    ///
    /// # Errors
    /// If no number can be drawn for it.
    pub fn start(
        agent: &Arc<Agent>,
        switchboard: &Switchboard,
        task: WorkerTask,
        profile: &WorkerProfile,
        claim: Claim,
    ) -> io::Result<Self> {
        let lane = secret_number()?;
        let expected = switchboard.expect(Preamble::Lane(lane));
        let environment = profile.environment.clone();
        let start = WorkerStart { lane, task, environment, memory: profile.memory };
        let end = agent.begin(start);
        Ok(Self { agent: Arc::clone(agent), lane, claim, expected, end })
    }

    /// The agent that was asked for it.
    pub fn agent(&self) -> &Arc<Agent> {
        &self.agent
    }

    /// The number that the agent knows it by, for [`Agent::kill`].
    pub fn lane(&self) -> u64 {
        self.lane
    }

    /// The room that it has.
    pub fn room(&self) -> Room {
        self.claim.room()
    }

    /// Waits for its connection, for twenty seconds at most.
    ///
    /// # Errors
    /// Its end, if that comes first; a worker that has not called in time is killed.
    pub async fn connection(&mut self) -> Result<Stream, WorkerEnd> {
        tokio::select! {
            biased;
            Some(stream) = self.expected.connection() => Ok(stream),
            end = &mut self.end => Err(end.unwrap_or_else(|_| self.lost())),
            () = tokio::time::sleep(CALL) => {
                self.agent.kill(self.lane);
                let reason = format!("it has not called within {CALL:?} of its start");
                let cause = Some(CallError::WorkerLost { reason });
                Err(WorkerEnd { running: None, cause, unseen: false })
            }
        }
    }

    /// How it has ended, after it has hung up: within seconds, killed if it must be.
    pub async fn end(&mut self) -> WorkerEnd {
        let mut told = timeout(LAST_BREATH, &mut self.end).await;
        if told.is_err() {
            self.agent.kill(self.lane);
            told = timeout(BURIAL, &mut self.end).await;
        }
        match told {
            Ok(Ok(end)) => end,
            Ok(Err(_)) | Err(_) => self.lost(),
        }
    }

    /// Waits for its end, however long it takes, or for its agent's.
    pub async fn ended(&mut self) -> WorkerEnd {
        (&mut self.end).await.unwrap_or_else(|_| self.lost())
    }

    /// The end of a worker whose agent is gone.
    fn lost(&self) -> WorkerEnd {
        WorkerEnd { running: None, cause: Some(self.agent.lost()), unseen: true }
    }
}
