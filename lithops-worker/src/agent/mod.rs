//! The agent of a container: its first process, which starts workers there as the client asks, and
//! tells what became of them.
//!
//! A worker talks to the client through a socket of its own, so that no message passes the agent.
//! What only a parent can know, the agent tells: which call a dead worker was at, and what it died of.

mod workers;

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lithops_core::wire::{FromAgent, PROTOCOL, Preamble, ToAgent};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use signal_hook::consts::SIGTERM;
use signal_hook::flag::register_conditional_shutdown;

use crate::frames::{Frames, ServeError};
use workers::Workers;

/// Exit code of an agent that could not do its work.
const BROKEN: i32 = 125;

/// What an agent is told at its start.
#[derive(Debug)]
pub(crate) struct Agent {
    /// The socket on which its client listens.
    pub(crate) socket: PathBuf,
    /// The client's number for the container.
    pub(crate) container: u64,
}

/// Serves the client until it hangs up; then ends the process and all workers.
pub(crate) fn serve(agent: &Agent) -> ! {
    let code = match try_serve(agent) {
        Ok(()) => 0,
        Err(error) => {
            // The client shows what a container that failed has printed.
            eprintln!("lithops agent: {}: {error}", agent.socket.display());
            BROKEN
        }
    };
    std::process::exit(code)
}

fn try_serve(agent: &Agent) -> Result<(), ServeError> {
    // The first process of a container is not ended by a signal that it does not handle.
    register_conditional_shutdown(SIGTERM, 143, Arc::new(true.into()))?;
    // A call runs as the same user: it could read the agent's memory, and speak in its name.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(std::io::Error::from)?;
    let control = call(&agent.socket, Preamble::Agent(agent.container))?;
    let client = Arc::new(Client(Mutex::new(control.try_clone()?)));
    client.say(FromAgent::Hello { protocol: PROTOCOL });
    let workers = Workers::new(agent.socket.clone(), client);
    let mut frames = Frames::with_limit(control, 0);
    while let Some(frame) = frames.next()? {
        match ToAgent::decode(&frame)? {
            ToAgent::Start(start) => workers.start(start),
            ToAgent::Kill { lane } => workers.kill(lane),
        }
    }
    workers.kill_all();
    Ok(())
}

/// Opens a connection to the client, and says what it is for.
fn call(socket: &Path, preamble: Preamble) -> std::io::Result<UnixStream> {
    let mut stream = UnixStream::connect(socket)?;
    stream.write_all(preamble.to_line().as_bytes())?;
    Ok(stream)
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
