//! Containers that nobody needs any more.

use std::collections::HashMap;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as Answer;
use bollard::models::ContainerSummary;
use bollard::query_parameters::ListContainersOptionsBuilder;
use lithops_core::ports::{ComputeError, ComputeErrorKind};
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
    let found = Engine::connect(host).await;
    let engine = found.map_err(|source| from_engine("find a container engine", source))?;
    if all {
        return remove_where(engine.docker(), |_| true).await;
    }
    let owner = Owner::current()
        .map_err(|source| because(ComputeErrorKind::Start, "read /proc", source))?;
    remove_dead(engine.docker(), &owner).await
}

async fn remove_where(
    docker: &Docker,
    unwanted: impl Fn(&str) -> bool,
) -> Result<usize, ComputeError> {
    let mut removed = 0;
    for found in list(docker).await? {
        let label = found.labels.as_ref().and_then(|labels| labels.get(OWNER));
        if label.is_none_or(|label| !unwanted(label)) {
            continue;
        }
        let Some(id) = found.id else { continue };
        if container::remove(docker, &id).await {
            tracing::info!(container = id, "removed a container that was left behind");
            removed += 1;
        }
    }
    Ok(removed)
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
