//! One container: started, talked to, and ended.

use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as Answer;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder};
use lithops_agents::{Agent, Expected, GreetError, Stream};
use lithops_core::ports::{ComputeError, ComputeErrorKind};
use lithops_core::wire::{CallError, PROTOCOL};
use tokio::time::timeout;

use super::error::{error, from_answer, is_missing};
use super::exit::Exit;

/// How long a container may take from its start to its agent's first word.
const READY: Duration = Duration::from_secs(30);
/// How long the engine may take to tell how a container has ended.
const POST_MORTEM: Duration = Duration::from_secs(3);

/// How long it may take to remove a container.
const REMOVE: Duration = Duration::from_secs(10);
/// How long the engine may take for one request.
const REQUEST: Duration = Duration::from_secs(60);

const CREATE: &str = "create a container";
const START: &str = "start a container";

/// One container, up and ready for workers. Dropping it hangs up, which ends it.
#[derive(Debug)]
pub(super) struct Container {
    id: String,
    docker: Docker,
    /// The agent in it.
    pub(super) agent: Arc<Agent>,
    exit: Exit,
}

impl Container {
    /// Makes and starts a container whose agent will come as `expected`.
    pub(super) async fn start(
        docker: &Docker,
        name: &str,
        body: ContainerCreateBody,
        mut expected: Expected,
    ) -> Result<Self, StartError> {
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        // By its name, as its id may never be told.
        let mut unfinished = Unfinished { docker: docker.clone(), name: Some(name.to_owned()) };
        let created = docker.create_container(Some(options), body);
        let created = in_time(CREATE, created).await.map_err(StartError::Other)?;
        let created = created.map_err(|answer| {
            if is_missing(&answer) {
                StartError::NoImage(from_answer(CREATE, answer))
            } else {
                StartError::Other(not_created(answer))
            }
        })?;
        for warning in created.warnings {
            tracing::warn!(container = name, warning, "the engine warns");
        }
        let started = Self::ready(docker, created.id, &mut expected).await;
        if started.is_ok() {
            unfinished.name = None;
        }
        started.map_err(StartError::Other)
    }

    async fn ready(
        docker: &Docker,
        id: String,
        expected: &mut Expected,
    ) -> Result<Self, ComputeError> {
        const ATTACH: &str = "attach to a container";
        let exit = in_time(ATTACH, Exit::watch(docker, &id)).await?;
        let mut exit = exit.map_err(|answer| on_its_way(ATTACH, answer))?;
        let started = in_time(START, docker.start_container(&id, None)).await?;
        started.map_err(|answer| on_its_way(START, answer))?;
        let stream = tokio::select! {
            stream = expected.connection() => stream.ok_or_else(|| too_early("nobody listens"))?,
            end = exit.ended() => return Err(too_early(&end)),
            () = tokio::time::sleep(READY) => return Err(too_early(&format!(
                "it has not called within {READY:?}: does the engine run on this machine?"
            ))),
        };
        Self::greet(docker.clone(), id, stream, exit).await
    }

    /// Hears the agent's first word.
    async fn greet(
        docker: Docker,
        id: String,
        stream: Stream,
        exit: Exit,
    ) -> Result<Self, ComputeError> {
        let short = id.get(..12).unwrap_or(&id);
        let mut end = exit.clone();
        let name = format!("the container {short}");
        let called = name.clone();
        let how_it_ended = async move {
            let why = timeout(POST_MORTEM, end.ended()).await;
            let why = why.unwrap_or_else(|_| "the engine does not tell how".to_owned());
            CallError::WorkerLost { reason: format!("{called} is gone: {why}") }
        };
        match Agent::greet(stream, name, how_it_ended).await {
            Ok(agent) => Ok(Self { id, docker, agent: Arc::new(agent), exit }),
            Err(GreetError::Protocol(protocol)) => {
                let message = format!(
                    "the program in the container speaks protocol {protocol}, this client \
                     {PROTOCOL}: build both from the same version"
                );
                Err(error(ComputeErrorKind::Unsupported, START, message))
            }
            Err(other) => Err(too_early(&other.to_string())),
        }
    }

    /// Why it is gone; `None` while it is there.
    pub(super) fn gone(&self) -> Option<CallError> {
        self.agent.gone()
    }

    /// Ends it, and waits until the engine has removed it.
    pub(super) async fn close(&self) {
        self.agent.hang_up();
        let mut exit = self.exit.clone();
        if timeout(POST_MORTEM, exit.ended()).await.is_err() {
            remove(&self.docker, &self.id).await;
        }
    }
}

/// Why there is no container.
#[derive(Debug)]
pub(super) enum StartError {
    /// The engine has lost the image.
    NoImage(ComputeError),
    /// Anything else.
    Other(ComputeError),
}

fn too_early(end: &str) -> ComputeError {
    let message = format!("the container was not ready for work: {end}");
    error(ComputeErrorKind::Start, START, message)
}

/// Removes a container that has not come up.
#[derive(Debug)]
struct Unfinished {
    docker: Docker,
    name: Option<String>,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            let docker = self.docker.clone();
            tokio::spawn(async move { remove(&docker, &name).await });
        }
    }
}

/// Bounds a request that the engine answers at once when it is well; gives its answer.
async fn in_time<T>(
    operation: &'static str,
    request: impl Future<Output = Result<T, Answer>>,
) -> Result<Result<T, Answer>, ComputeError> {
    timeout(REQUEST, request).await.map_err(|_| {
        let message = format!("the engine does not answer within {REQUEST:?}");
        error(ComputeErrorKind::Unavailable, operation, message)
    })
}

/// A refusal to make a container.
fn not_created(answer: Answer) -> ComputeError {
    let mut error = from_answer(CREATE, answer);
    if error.message.contains("bind source path does not exist") {
        error.message.push_str(
            ": the engine does not see this process's files, or not the volume's; run the program \
             on the engine's own machine, or set TMPDIR to a folder that both see",
        );
    }
    error
}

/// A refusal after a container was made: somebody may have removed it meanwhile, so that another try
/// is not in vain.
fn on_its_way(operation: &'static str, answer: Answer) -> ComputeError {
    let gone = matches!(
        &answer,
        Answer::DockerResponseServerError { status_code: 404 | 409, message }
            if !message.contains("network")
    );
    let mut error = from_answer(operation, answer);
    if gone {
        error.kind = ComputeErrorKind::Start;
    }
    error
}

/// Removes a container, running or not. One that is gone is what is wanted.
pub(super) async fn remove(docker: &Docker, id: &str) -> bool {
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    let answer = match timeout(REMOVE, docker.remove_container(id, Some(options))).await {
        Ok(answer) => answer,
        Err(_) => {
            tracing::warn!(container = id, "the engine does not remove a container");
            return false;
        }
    };
    match answer {
        Ok(()) => true,
        Err(answer) if is_missing(&answer) => true,
        // The engine is removing it already.
        Err(Answer::DockerResponseServerError { status_code: 409, .. }) => true,
        Err(answer) => {
            tracing::warn!(container = id, %answer, "a container can't be removed: `docker rm -f` it");
            false
        }
    }
}
