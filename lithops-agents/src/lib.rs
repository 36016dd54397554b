//! The client's side of agents: who calls, the workers they start, the lanes to them.
//!
//! An agent is the client's program, started where calls are to run: in a container, on another
//! machine. It calls the client, over a Unix socket or over TCP, and starts a worker there for each
//! that the client asks for. Each worker calls too, on a connection of its own, so that what goes over
//! a lane goes from client to worker with nobody between.
//!
//! What a backend does, in this order:
//!
//! 1. It listens: [`Switchboard::listen_tcp`], with a [`new_key`] that it [keeps](keep_key) in a file
//!    which the agents' machines see, or [`Switchboard::listen_unix`].
//! 2. For each agent it draws a [`secret_number`], expects `Preamble::Agent(number)`, starts its
//!    program with [`agent_environment`], and waits for the [connection](Expected::connection), for as
//!    long as its platform may take to start something.
//! 3. It [greets](Agent::greet) the agent there.
//! 4. For each lane it [starts](Worker::start) a worker at an agent that has room, and
//!    [opens](AgentLane::open) the lane.
//! 5. It [hangs up](Agent::hang_up), or drops the agent, which ends the agent and its workers.
//!
//! ```
//! use lithops_agents::{Address, Switchboard, agent_environment, keep_key, new_key, secret_number};
//! use lithops_core::wire::Preamble;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let key = new_key()?;
//! let file = folder.path().join("key");
//! keep_key(&key, &file)?;
//! let switchboard = Switchboard::listen_tcp("127.0.0.1:0".parse()?, key).await?;
//! let port = switchboard.address().ok_or("it listens over TCP")?.port();
//!
//! let number = secret_number()?;
//! let mut expected = switchboard.expect(Preamble::Agent(number));
//! let hosts = [format!("127.0.0.1:{port}")];
//! let address = Address::Tcp { hosts: &hosts, key: file.to_str().ok_or("a path in UTF-8")? };
//! let told = agent_environment(number, &address);
//! assert_eq!(told[2], ("LITHOPS_WORKER_SOCKET", format!("tcp:127.0.0.1:{port}")));
//! // Start the program with these variables; then `expected.connection().await`.
//! # drop(expected);
//! # Ok(())
//! # }
//! ```

mod agent;
mod environment;
pub mod frames;
mod introduction;
mod lane;
#[cfg(feature = "relay")]
mod relay;
mod room;
mod secret;
mod stream;
mod switchboard;
mod worker;

pub use agent::{Agent, GreetError, WorkerEnd};
pub use environment::{Address, agent_environment};
pub use lane::AgentLane;
pub use room::{Claim, Room};
pub use secret::{keep_key, new_key, secret_number};
pub use stream::{Reader, Stream, Writer};
pub use switchboard::{Expected, Switchboard};
pub use worker::Worker;
