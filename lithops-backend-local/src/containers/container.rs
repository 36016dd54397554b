//! One container: started, talked to, and ended.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as Answer;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder};
use lithops_core::ports::{ComputeError, ComputeErrorKind, Running};
use lithops_core::wire::{CallError, Encoded, FromAgent, PROTOCOL, ToAgent, WorkerStart};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::error::{error, from_answer, is_missing};
use super::exit::Exit;
use super::switchboard::Expected;
use crate::frames::{self, Frames};

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

/// How a worker in a container has ended.
#[derive(Debug)]
pub(super) struct WorkerEnd {
    /// The call that it was running.
    pub(super) running: Option<Running>,
    /// Why; `None` if it has said all it had to say.
    pub(super) cause: Option<CallError>,
    /// Whether its agent has gone with it, so that nobody saw what it was doing.
    pub(super) unseen: bool,
}

/// One container, up and ready for workers. Dropping it hangs up, which ends it.
#[derive(Debug)]
pub(super) struct Container {
    id: String,
    docker: Docker,
    agent: Mutex<Option<mpsc::UnboundedSender<Encoded>>>,
    ends: std::sync::Arc<Ends>,
    /// Why the container is gone, once it is.
    gone: watch::Receiver<Option<String>>,
    exit: Exit,
}

/// Who waits for the end of which worker.
#[derive(Debug, Default)]
struct Ends(Mutex<Option<HashMap<u64, oneshot::Sender<WorkerEnd>>>>);

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
        stream: UnixStream,
        exit: Exit,
    ) -> Result<Self, ComputeError> {
        let (reader, writer) = stream.into_split();
        let mut frames = Frames::with_limit(reader, 0);
        match timeout(READY, hear(&mut frames)).await {
            Ok(Some(FromAgent::Hello { protocol: PROTOCOL })) => {}
            Ok(Some(FromAgent::Hello { protocol })) => {
                let message = format!(
                    "the program in the container speaks protocol {protocol}, this client \
                     {PROTOCOL}: build both from the same version"
                );
                return Err(error(ComputeErrorKind::Unsupported, START, message));
            }
            Ok(_) | Err(_) => return Err(too_early("its agent does not say what it speaks")),
        }
        let (agent, inbox) = mpsc::unbounded_channel();
        tokio::spawn(frames::write(writer, inbox));
        let ends = std::sync::Arc::new(Ends(Mutex::new(Some(HashMap::new()))));
        let (told, gone) = watch::channel(None);
        let attended = std::sync::Arc::clone(&ends);
        let mut end = exit.clone();
        tokio::spawn(async move {
            attend(frames, &attended).await;
            let why = timeout(POST_MORTEM, end.ended()).await;
            let why = why.unwrap_or_else(|_| "the engine does not tell how".to_owned());
            // Told before its workers' ends are, so that whoever hears of those can ask.
            told.send(Some(why)).ok();
            attended.lock().take();
        });
        Ok(Self { id, docker, agent: Mutex::new(Some(agent)), ends, gone, exit })
    }

    /// Starts a worker, and gives how it will end; nothing if the container is gone before.
    pub(super) fn begin(&self, start: WorkerStart) -> oneshot::Receiver<WorkerEnd> {
        let (told, end) = oneshot::channel();
        if let Some(ends) = self.ends.lock().as_mut() {
            ends.insert(start.lane, told);
        }
        self.say(&ToAgent::Start(start));
        end
    }

    /// Kills a worker, if it still runs.
    pub(super) fn kill(&self, lane: u64) {
        self.say(&ToAgent::Kill { lane });
    }

    fn say(&self, message: &ToAgent) {
        let agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(agent) = agent.as_ref() {
            // A container that is gone has no workers to start or kill.
            agent.send(message.encode()).ok();
        }
    }

    /// Why it is gone; `None` while it is there.
    pub(super) fn gone(&self) -> Option<String> {
        self.gone.borrow().clone()
    }

    /// What to say of a worker whose container is gone.
    pub(super) fn lost(&self) -> CallError {
        let why = self.gone().unwrap_or_else(|| "it does not answer".to_owned());
        let short = self.id.get(..12).unwrap_or(&self.id);
        CallError::WorkerLost { reason: format!("the container {short} is gone: {why}") }
    }

    /// Ends it, and waits until the engine has removed it.
    pub(super) async fn close(&self) {
        self.agent.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut exit = self.exit.clone();
        if timeout(POST_MORTEM, exit.ended()).await.is_err() {
            remove(&self.docker, &self.id).await;
        }
    }
}

impl Ends {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<HashMap<u64, oneshot::Sender<WorkerEnd>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes on what the agent tells, until it hangs up.
async fn attend(mut frames: Frames, ends: &Ends) {
    while let Some(said) = hear(&mut frames).await {
        let FromAgent::Ended { lane, running, cause } = said else { continue };
        let waiting = ends.lock().as_mut().and_then(|ends| ends.remove(&lane));
        if let Some(waiting) = waiting {
            // Nobody may wait any more.
            waiting.send(WorkerEnd { running, cause, unseen: false }).ok();
        }
    }
}

async fn hear(frames: &mut Frames) -> Option<FromAgent> {
    let said = match frames.next().await {
        Ok(Some(frame)) => FromAgent::decode(&frame).map_err(frames::Unreadable::from),
        Ok(None) => return None,
        Err(error) => Err(error),
    };
    said.inspect_err(|error| tracing::warn!(%error, "a container's agent can't be understood")).ok()
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
