//! The agent of a container, or of another machine: a process which starts workers there as the client
//! asks, and tells what became of them.
//!
//! A worker talks to the client through a socket of its own, so that no message passes the agent.
//! What only a parent can know, the agent tells: which call a dead worker was at, and what it died of.

mod key;
mod way;
mod workers;

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use lithops_core::wire::{FromAgent, PROTOCOL, Preamble, ToAgent};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use signal_hook::consts::SIGTERM;
use signal_hook::flag::register_conditional_shutdown;

use crate::frames::{Frames, ServeError};
use way::NoWay;
#[cfg(feature = "relay")]
pub(crate) use way::is_tcp;
use workers::Workers;

/// Exit code of an agent that could not do its work.
const BROKEN: i32 = 125;

/// Exit code of an agent that reaches its client at none of the addresses over TCP that it was told.
/// It has printed each with the cause, as `lithops agent: ADDRESS: CAUSE`.
pub const UNREACHABLE: i32 = 69;

/// What an agent is told at its start.
#[derive(Debug)]
pub(crate) struct Agent {
    /// Where its client listens: the path of a socket, or `tcp:HOST:PORT[,HOST:PORT...]`.
    pub(crate) address: OsString,
    /// The file with the key to a client that listens over TCP.
    pub(crate) key: Option<PathBuf>,
    /// The client's number for the agent.
    pub(crate) number: u64,
}

/// Serves the client until it hangs up; then ends the process and all workers.
pub(crate) fn serve(agent: &Agent) -> ! {
    let code = match try_serve(agent) {
        Ok(()) => 0,
        Err(End::Unreachable(tried)) => {
            // The client shows what an agent that failed has printed.
            for (address, cause) in tried {
                eprintln!("lithops agent: {address}: {cause}");
            }
            UNREACHABLE
        }
        Err(End::Broken(error)) => {
            eprintln!("lithops agent: {}: {error}", agent.address.display());
            BROKEN
        }
    };
    std::process::exit(code)
}

/// Why an agent ends that its client has not sent away.
enum End {
    Unreachable(Vec<(String, std::io::Error)>),
    Broken(ServeError),
}

impl<E: Into<ServeError>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

fn try_serve(agent: &Agent) -> Result<(), End> {
    // The first process of a container is not ended by a signal that it does not handle.
    register_conditional_shutdown(SIGTERM, 143, Arc::new(true.into()))?;
    // A call runs as the same user: it could read the agent's memory, and speak in its name.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(std::io::Error::from)?;
    let preamble = Preamble::Agent(agent.number);
    let found = way::find(&agent.address, agent.key.as_deref(), preamble);
    let (way, control) = found.map_err(|none| match none {
        NoWay::Unreachable(tried) => End::Unreachable(tried),
        NoWay::Unusable(error) => error.into(),
    })?;
    let client = Arc::new(Client(Mutex::new(control.try_clone()?)));
    client.say(FromAgent::Hello { protocol: PROTOCOL });
    let workers = Workers::new(way, client);
    let obeyed = obey(control, &workers);
    // Only in a container do they end with this process anyway.
    workers.kill_all();
    Ok(obeyed?)
}

/// Does as the client says, until it hangs up.
fn obey(control: UnixStream, workers: &Workers) -> Result<(), ServeError> {
    let mut frames = Frames::with_limit(control, 0);
    while let Some(frame) = frames.next()? {
        match ToAgent::decode(&frame)? {
            ToAgent::Start(start) => workers.start(start),
            ToAgent::Kill { lane } => workers.kill(lane),
        }
    }
    Ok(())
}

/// The client's end of the agent's own connection.
#[derive(Debug)]
struct Client(Mutex<UnixStream>);

impl Client {
    fn say(&self, message: FromAgent) {
        let mut socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for part in message.encode() {
            if socket.write_all(&part).is_err() {
                // The client is gone, which the reader sees too.
                return;
            }
        }
    }
}
