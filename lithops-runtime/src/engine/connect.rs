//! From places to an engine that answers.

use std::sync::Arc;
use std::time::Duration;

use bollard::errors::Error as Answer;
use bollard::{API_DEFAULT_VERSION, Docker};
use tokio::sync::OnceCell;

use super::discovery::{Surroundings, places};
use super::place::{Address, Origin};
use super::{Engine, EngineError, Unreachable};
use crate::docker_config::variable;

/// How long an engine may take to say that it is there.
const GREETING: Duration = Duration::from_secs(10);

/// How long an engine may take until it begins to answer; requests have tighter bounds of their own.
const ANSWER: Duration = Duration::from_secs(600);

impl Engine {
    /// Connects to the engine that the Docker CLI would use, or to a Podman.
    ///
    /// The engine is at `host`, else at `DOCKER_HOST`, else where the context of `DOCKER_CONTEXT` or
    /// of `config.json` has it. If nobody chose one, it is the first that answers at Docker's usual
    /// sockets, with and without root, then at Podman's. A choice is never passed over. Costs two
    /// requests.
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`EngineError::Absent`] with all that was tried if no engine answers within ten seconds,
    /// [`EngineError::Discovery`] if what was chosen can't be used.
    ///
    /// ```no_run
    /// # async fn connect() -> Result<(), lithops_runtime::engine::EngineError> {
    /// use lithops_runtime::engine::Engine;
    ///
    /// let engine = Engine::connect(None).await?;
    /// println!("{}", engine.place()); // unix:///var/run/docker.sock (a usual place)
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(host: Option<&str>) -> Result<Self, EngineError> {
        let user = rustix::process::getuid().as_raw();
        let places = places(host, Surroundings { variable: &variable, user })?;
        let mut tried = Vec::new();
        for place in places {
            match greet(&place.address).await {
                Ok(docker) => {
                    if place.origin == Origin::Usual {
                        tracing::debug!(%place, passed_over = ?tried, "found a container engine");
                    }
                    return Ok(Self { docker, place, facts: Arc::new(OnceCell::new()) });
                }
                Err(why) => tried.push((place, why)),
            }
        }
        Err(EngineError::Absent { tried })
    }
}

/// An engine of another version is spoken to in the newest way that both know.
async fn greet(address: &Address) -> Result<Docker, Unreachable> {
    let docker = client(address).map_err(Unreachable::because)?;
    match tokio::time::timeout(GREETING, docker.negotiate_version()).await {
        Ok(greeted) => greeted.map_err(Unreachable::because),
        Err(_) => Err(Unreachable::Silent(GREETING)),
    }
}

fn client(address: &Address) -> Result<Docker, Answer> {
    let seconds = ANSWER.as_secs();
    match address {
        Address::Unix(path) => {
            Docker::connect_with_unix(&path.to_string_lossy(), seconds, API_DEFAULT_VERSION)
        }
        Address::Tcp(address) => {
            Docker::connect_with_http(&format!("tcp://{address}"), seconds, API_DEFAULT_VERSION)
        }
    }
}
