//! From what an instance is to a container that runs.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bollard::errors::Error as Answer;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::CreateContainerOptionsBuilder;
use lithops_runtime::Credentials;
use tokio::time::timeout;

use super::super::{End, InstanceSpec, StartFailure};
use super::Shared;
use super::body::body;
use super::files::Folders;
use super::life::{Container, Output};
use super::sweep;
use super::witness::Witness;

/// How long the engine may take for one request.
const REQUEST: Duration = Duration::from_secs(120);

/// What a container is said to have ended with that the system refuses to start.
const REFUSED: i32 = 128;

/// Starts a container. One that does not start is removed. Gives up at its turn if it is `unwanted`
/// then.
pub(super) async fn start(
    shared: &Arc<Shared>,
    spec: &InstanceSpec,
    unwanted: impl Fn() -> bool,
) -> Result<Container, StartFailure> {
    let mut turn = shared.starts.acquire().await.map_err(failed)?;
    if unwanted() {
        return Err(StartFailure::Platform("nobody waits for it any more".into()));
    }
    let folders = {
        let (shared, spec) = (Arc::clone(shared), spec.clone());
        let write = move || Folders::write(shared.folder.path(), &spec);
        tokio::task::spawn_blocking(write).await.map_err(failed)?.map_err(failed)?
    };
    let number = shared.started.fetch_add(1, Ordering::Relaxed);
    // By the emulator and a number: nobody else has such a name, so that it can be removed by it.
    let (process, emulator) = (std::process::id(), shared.number);
    let name = format!("lithops-ce-{process}-{emulator}-{number}-{}", spec.hostname);
    let unfinished = Unfinished { shared: Arc::clone(shared), name: Some(name.clone()) };
    let body = body(shared, spec, &folders);
    if let Err(answer) = create(shared, &name, body.clone()).await? {
        if !is_missing(&answer) {
            return Err(failed(answer));
        }
        // Others shall not wait for this image.
        drop(turn);
        pull(shared, spec).await?;
        turn = shared.starts.acquire().await.map_err(failed)?;
        create(shared, &name, body).await?.map_err(failed)?;
    }
    let output = in_time(Output::attach(shared.engine.docker(), &name)).await?.map_err(failed)?;
    // Before it starts: it may be killed before the engine has answered.
    let unasked = Witness::new(shared.same_machine);
    let started = in_time(shared.engine.docker().start_container(&name, None)).await?;
    if let Err(answer) = started {
        return Err(not_started(spec, answer));
    }
    drop(turn);
    Ok(Container::watch(unfinished, output, spec.log.clone(), folders, unasked))
}

async fn create(
    shared: &Shared,
    name: &str,
    body: ContainerCreateBody,
) -> Result<Result<(), Answer>, StartFailure> {
    let options = CreateContainerOptionsBuilder::new().name(name).build();
    let created = in_time(shared.engine.docker().create_container(Some(options), body)).await?;
    Ok(created.map(drop))
}

/// Has the engine pull the image, unless it has it by now.
async fn pull(shared: &Shared, spec: &InstanceSpec) -> Result<(), StartFailure> {
    let not_pulled = |error| StartFailure::ImagePull(Box::new(error));
    let of_image = {
        let mut pulling = shared.pulling.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(pulling.entry(spec.image.clone()).or_default())
    };
    let _alone = of_image.lock().await;
    if shared.engine.find(&spec.image).await.map_err(not_pulled)?.is_some() {
        return Ok(());
    }
    let credentials = match &spec.login {
        None => Credentials::Anonymous,
        Some(login) => Credentials::Password {
            username: login.username.clone(),
            password: login.password.clone().into(),
        },
    };
    shared.engine.pull_as(&spec.image, &credentials).await.map_err(not_pulled)?;
    Ok(())
}

/// What the runtime says of a program that it can't start, it says in words only.
fn not_started(spec: &InstanceSpec, answer: Answer) -> StartFailure {
    let Answer::DockerResponseServerError { message, .. } = &answer else { return failed(answer) };
    let said = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let end = if says(&["argument list too long"]) {
        End::Exited(REFUSED)
    } else if says(&["exec"]) && says(&["not found", "no such file", "permission denied"]) {
        End::ExecutableNotFound
    } else {
        return failed(answer);
    };
    spec.log.note(message);
    StartFailure::Ended(end)
}

fn is_missing(answer: &Answer) -> bool {
    matches!(answer, Answer::DockerResponseServerError { status_code: 404, .. })
}

/// Bounds a request that the engine answers at once when it is well; gives its answer.
async fn in_time<T>(
    request: impl Future<Output = Result<T, Answer>>,
) -> Result<Result<T, Answer>, StartFailure> {
    timeout(REQUEST, request).await.map_err(failed)
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> StartFailure {
    StartFailure::Platform(Box::new(error))
}

/// A container that may be there. Removes it when this is dropped.
#[derive(Debug)]
pub(super) struct Unfinished {
    pub(super) shared: Arc<Shared>,
    name: Option<String>,
}

impl Unfinished {
    /// Leaves the container to somebody else.
    pub(super) fn release(mut self) -> String {
        self.name.take().unwrap_or_default()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            let docker = self.shared.engine.docker().clone();
            let removal = async move { sweep::remove(&docker, &name).await };
            self.shared.tasks.spawn_on(removal, &self.shared.runtime);
        }
    }
}
