//! Containers that nobody needs any more.

use std::collections::HashMap;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as Answer;
use bollard::models::ContainerSummary;
use bollard::query_parameters::ListContainersOptionsBuilder;
use lithops_core::ports::{ComputeError, ComputeErrorKind, Leftover};
use lithops_runtime::engine::Engine;
use lithops_worker::Owner;

use super::container;
use super::error::{because, from_answer, from_engine};

/// Says of a container that it is ours, and whose: an [`Owner`] as text.
pub(super) const OWNER: &str = "dev.lithops.owner";

/// How often a list that can't be understood is asked for, and with what pause.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(50);

/// Removes the containers whose owners have died; gives how many.
pub(super) async fn remove_dead(docker: &Docker, owner: &Owner) -> Result<usize, ComputeError> {
    remove_where(docker, |label| owner.is_leftover(label)).await
}

/// Removes the containers of dead clients from the engine at `host`, or `all` of ours, whoever may
/// need them; gives how many.
pub(super) async fn remove(host: Option<&str>, all: bool) -> Result<usize, ComputeError> {
    let (engine, owner) = (engine(host).await?, owner()?);
    remove_where(engine.docker(), |label| all || owner.is_leftover(label)).await
}

/// Finds what [`remove`] would remove.
pub(super) async fn find(host: Option<&str>, all: bool) -> Result<Vec<Leftover>, ComputeError> {
    let (engine, owner) = (engine(host).await?, owner()?);
    let found = unwanted(engine.docker(), |label| all || owner.is_leftover(label)).await?;
    Ok(found.into_iter().filter_map(told).collect())
}

fn told(container: ContainerSummary) -> Option<Leftover> {
    let name = container.names.unwrap_or_default().into_iter().next();
    // The engine says them with a slash in front.
    let name = name.map(|name| name.trim_start_matches('/').to_owned()).or(container.id)?;
    let changed = container.created.and_then(|created| created.try_into().ok());
    Some(Leftover { changed, ..Leftover::named("container", name) })
}

async fn engine(host: Option<&str>) -> Result<Engine, ComputeError> {
    let found = Engine::connect(host).await;
    found.map_err(|source| from_engine("find a container engine", source))
}

fn owner() -> Result<Owner, ComputeError> {
    Owner::current().map_err(|source| because(ComputeErrorKind::Start, "read /proc", source))
}

async fn remove_where(
    docker: &Docker,
    is_unwanted: impl Fn(&str) -> bool,
) -> Result<usize, ComputeError> {
    let mut removed = 0;
    for found in unwanted(docker, is_unwanted).await? {
        let Some(id) = found.id else { continue };
        if container::remove(docker, &id).await {
            tracing::info!(container = id, "removed a container that was left behind");
            removed += 1;
        }
    }
    Ok(removed)
}

/// The containers of ours whose owner's text is one of those.
async fn unwanted(
    docker: &Docker,
    is_unwanted: impl Fn(&str) -> bool,
) -> Result<Vec<ContainerSummary>, ComputeError> {
    let mut found = list(docker).await?;
    found.retain(|found| {
        let label = found.labels.as_ref().and_then(|labels| labels.get(OWNER));
        label.is_some_and(|label| is_unwanted(label))
    });
    Ok(found)
}

/// The containers of ours.
async fn list(docker: &Docker) -> Result<Vec<ContainerSummary>, ComputeError> {
    let ours = HashMap::from([("label", vec![OWNER])]);
    let options = ListContainersOptionsBuilder::new().all(true).filters(&ours).build();
    let mut tries = 1;
    loop {
        match docker.list_containers(Some(options.clone())).await {
            // Podman has a state that the client library does not know: of a container that is just
            // being removed.
            Err(Answer::JsonDataError { .. }) if tries < TRIES => tries += 1,
            answer => return answer.map_err(|answer| from_answer("list containers", answer)),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
