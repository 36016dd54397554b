//! Removing containers: one that is done with, and those that a killed emulator has left.

use std::collections::HashMap;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as Answer;
use bollard::query_parameters::{ListContainersOptionsBuilder, RemoveContainerOptionsBuilder};
use tokio::time::{Instant, timeout_at};

use super::{ContainersError, LABEL};

/// How long the engine may take to remove a container.
const REMOVE: Duration = Duration::from_secs(30);
/// How long until another try.
const PAUSE: Duration = Duration::from_millis(50);

/// Removes the containers of emulators that are wanted no more, by their labels.
pub(super) async fn remove_where(
    docker: &Docker,
    unwanted: impl Fn(&str) -> bool,
) -> Result<(), ContainersError> {
    let ours = HashMap::from([("label", vec![LABEL])]);
    let options = ListContainersOptionsBuilder::new().all(true).filters(&ours).build();
    let found = docker.list_containers(Some(options)).await.map_err(ContainersError::List)?;
    for container in found {
        let label = container.labels.as_ref().and_then(|labels| labels.get(LABEL));
        let unwanted = label.is_some_and(|label| unwanted(label));
        if let Some(id) = container.id.filter(|_| unwanted) {
            tracing::info!(container = id, "removing a container that was left");
            remove(docker, &id).await;
        }
    }
    Ok(())
}

/// Removes a container, running or not, and waits until it is gone. One that is gone is what is
/// wanted. Tried again, as engines fail for moments: when somebody else removes it, or its files are
/// still in use.
pub(super) async fn remove(docker: &Docker, name: &str) {
    let deadline = Instant::now() + REMOVE;
    loop {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        match timeout_at(deadline, docker.remove_container(name, Some(options))).await {
            Ok(Ok(()) | Err(Answer::DockerResponseServerError { status_code: 404, .. })) => return,
            Ok(Err(error)) if Instant::now() + PAUSE > deadline => {
                tracing::warn!(container = name, %error, "it can't be removed: `docker rm -f` it");
                return;
            }
            Ok(Err(_)) => tokio::time::sleep(PAUSE).await,
            Err(_) => {
                tracing::warn!(container = name, "the engine does not remove a container");
                return;
            }
        }
    }
}
