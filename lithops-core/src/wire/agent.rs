//! What a client and an agent say to each other: which workers are to run where the agent is, and
//! what became of them. What the workers themselves say goes through connections of their own.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::message::{decode_head, encode};
use super::{CallError, Encoded, Frame, FrameError};
use crate::ports::Running;

/// From the client to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToAgent {
    /// Start a worker.
    Start(WorkerStart),
    /// Kill a worker, if it still runs.
    Kill {
        /// The worker's lane.
        lane: u64,
    },
}

/// A worker that an agent is to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerStart {
    /// The client's number for it, never used again.
    pub lane: u64,
    /// What it is to do.
    pub task: WorkerTask,
    /// Environment variables on top of the agent's.
    pub environment: BTreeMap<String, String>,
    /// Limit of its memory in bytes.
    pub memory: Option<u64>,
}

/// What a worker is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkerTask {
    /// Serve the client at the other end of its standard input.
    Link,
    /// Go by an order.
    Order {
        /// The worker's number: its share of the order.
        worker: u32,
        /// The order as text.
        order: String,
    },
}

/// From an agent to its client.
#[derive(Clone, Debug, PartialEq)]
pub enum FromAgent {
    /// The agent runs and speaks this protocol.
    Hello {
        /// Version of the wire that it speaks.
        protocol: u32,
    },
    /// A worker has ended, or could not be started.
    Ended {
        /// The worker's lane.
        lane: u64,
        /// The call that it was running.
        running: Option<Running>,
        /// Why; `None` if it has ended by itself and said all it had to say.
        cause: Option<CallError>,
    },
}

/// What a connection to the client is for: the first line on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preamble {
    /// It is the agent's of this number.
    Agent(u64),
    /// It is the worker's of this lane.
    Lane(u64),
    /// It carries requests to the client's storages.
    Relay,
}

impl Preamble {
    /// The longest line in bytes, its end included.
    pub const LONGEST: usize = 32;

    /// The line.
    pub fn to_line(self) -> String {
        match self {
            Self::Agent(container) => format!("agent {container}\n"),
            Self::Lane(lane) => format!("lane {lane}\n"),
            Self::Relay => "relay\n".to_owned(),
        }
    }

    /// Reads a line; `None` if it is none of these.
    ///
    /// ```
    /// use lithops_core::wire::Preamble;
    ///
    /// assert_eq!(Preamble::from_line("lane 7\n"), Some(Preamble::Lane(7)));
    /// assert_eq!(Preamble::from_line("lane 7"), None);
    /// ```
    pub fn from_line(line: &str) -> Option<Self> {
        let said = match line.strip_suffix('\n')?.split_once(' ') {
            Some(("agent", container)) => Self::Agent(container.parse().ok()?),
            Some(("lane", lane)) => Self::Lane(lane.parse().ok()?),
            None if line == "relay\n" => Self::Relay,
            _ => return None,
        };
        // A number can be written in several ways, and there is one way to say it here.
        (said.to_line() == line).then_some(said)
    }
}

#[derive(Serialize, Deserialize)]
enum FromHead {
    Hello(u32),
    Ended { lane: u64, running: Option<(u32, u32, u32)>, cause: Option<CallError> },
}

fn bodiless<T: DeserializeOwned>(frame: &Frame) -> Result<T, FrameError> {
    if frame.body.is_empty() { decode_head(&frame.head) } else { Err(FrameError::Body) }
}

impl ToAgent {
    /// The message's bytes.
    pub fn encode(&self) -> Encoded {
        encode(self, Vec::new())
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`FrameError::Head`] if it is none; [`FrameError::Body`] if it has a body.
    pub fn decode(frame: &Frame) -> Result<Self, FrameError> {
        bodiless(frame)
    }
}

impl FromAgent {
    /// The message's bytes.
    pub fn encode(self) -> Encoded {
        let head = match self {
            Self::Hello { protocol } => FromHead::Hello(protocol),
            Self::Ended { lane, running, cause } => {
                let running = running.map(Running::numbers);
                FromHead::Ended { lane, running, cause }
            }
        };
        encode(&head, Vec::new())
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`FrameError::Head`] if it is none; [`FrameError::Body`] if it has a body.
    pub fn decode(frame: &Frame) -> Result<Self, FrameError> {
        Ok(match bodiless(frame)? {
            FromHead::Hello(protocol) => Self::Hello { protocol },
            FromHead::Ended { lane, running, cause } => {
                let running = running.map(Running::of_numbers);
                Self::Ended { lane, running, cause }
            }
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    fn frame(encoded: Encoded) -> Frame {
        Frame::read_all(encoded.concat().into()).unwrap().remove(0)
    }

    #[test]
    fn what_agent_and_client_say_has_no_body() {
        let kill = ToAgent::Kill { lane: 7 };
        let mut said = frame(kill.encode());
        assert_eq!(ToAgent::decode(&said), Ok(kill));
        said.body = "more".into();
        assert_eq!(ToAgent::decode(&said), Err(FrameError::Body));

        let hello = FromAgent::Hello { protocol: 1 };
        let mut said = frame(hello.clone().encode());
        assert_eq!(FromAgent::decode(&said), Ok(hello));
        said.body = "more".into();
        assert_eq!(FromAgent::decode(&said), Err(FrameError::Body));
    }
}
