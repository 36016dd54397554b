//! The project: found, or made and waited for.

use std::time::Duration;

use lithops_core::ports::{ComputeError, ComputeErrorKind};
use tokio::time::Instant;

use super::unusable;
use crate::CodeEngineConfig;
use crate::client::{Client, Pauses};
use crate::error::ApiError;
use crate::refused::{error, from_api, is_soft_deleted};
use crate::request::{self, Project, ProjectBody};
use crate::resource::ProjectFound;

const FIND: &str = "find the project";
const MAKE: &str = "make the project";

/// How long a project that was just made may be unknown, or not be ours yet.
const UNKNOWN: Duration = Duration::from_secs(120);

/// Finds the project of these settings, or makes it; gives it when it is active.
pub(super) async fn open(
    client: &Client,
    config: &CodeEngineConfig,
) -> Result<Project, ComputeError> {
    let (found, made) = match look_up(client, config).await? {
        Some(found) => (found, false),
        None => (make(client, config).await?, true),
    };
    wait(client, config.project_bound, found, made).await
}

/// Finds the project of these settings, if it is there and active.
pub(crate) async fn find(
    client: &Client,
    config: &CodeEngineConfig,
) -> Result<Option<Project>, ComputeError> {
    let found = look_up(client, config).await?;
    Ok(found.filter(|project| project.status == "active").map(|project| id(project.id)))
}

/// The project with this id.
pub(crate) fn id(id: String) -> Project {
    Project { id }
}

/// The project of these settings, whatever its state, if it is there.
pub(crate) async fn look_up(
    client: &Client,
    config: &CodeEngineConfig,
) -> Result<Option<ProjectFound>, ComputeError> {
    let Some(id) = &config.project_id else {
        let found = by_name(client, &config.project_name()).await;
        return found.map_err(|error| from_api(FIND, error));
    };
    match client.ask(&request::get_project(id)).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.status() == Some(404) => Err(unusable(
            FIND,
            format!(
                "there is no project {id} in {}; leave `project_id` out for one that is made",
                config.region
            ),
        )),
        Err(error) => Err(from_api(FIND, error)),
    }
}

/// The project of this name, of all pages of the list; one that is deleted only if there is no other.
async fn by_name(client: &Client, name: &str) -> Result<Option<ProjectFound>, ApiError> {
    let projects = client.list::<ProjectFound>(&request::list_projects()).await?;
    let of_name = projects.into_iter().filter(|project| project.name == name && !is_gone(project));
    Ok(of_name.min_by_key(|project| project.status != "active"))
}

/// Whether it is on its way out, so that its name can't be used but nothing of it can, either.
fn is_gone(project: &ProjectFound) -> bool {
    const GONE: [&str; 6] = [
        "pending_removal",
        "deleting",
        "soft_deleted",
        "hard_deleting",
        "hard_deletion_failed",
        "hard_deleted",
    ];
    GONE.contains(&project.status.as_str())
}

/// Makes the project, unless somebody else just does.
async fn make(client: &Client, config: &CodeEngineConfig) -> Result<ProjectFound, ComputeError> {
    let name = config.project_name();
    tracing::info!(name, region = config.region, "a project is made");
    let resource_group_id = config.resource_group_id.clone();
    let body = ProjectBody { name: name.clone(), resource_group_id };
    let creation = request::create_project(&body);
    let mut pauses = client.pauses();
    loop {
        let refused = match client.attempt(&creation, pauses.end()).await {
            Ok(made) => return Ok(made),
            Err(error) => error,
        };
        let taken = match &refused {
            ApiError::Refused(refusal) => refusal.status == 409 && !is_soft_deleted(refusal),
            _ => false,
        };
        let again = if taken {
            if pauses.patiently().await { Ok(()) } else { Err(refused) }
        } else {
            pauses.after(refused).await
        };
        again.map_err(|error| from_api(MAKE, error))?;
        // A lost answer, or somebody who was faster.
        let found = by_name(client, &name).await;
        if let Some(found) = found.map_err(|error| from_api(MAKE, error))? {
            return Ok(found);
        }
    }
}

/// Waits until a project is active, for no longer than `bound`.
async fn wait(
    client: &Client,
    bound: Duration,
    mut project: ProjectFound,
    made: bool,
) -> Result<Project, ComputeError> {
    let begun = Instant::now();
    let mut pauses = Pauses::until(begun + bound);
    loop {
        match project.status.as_str() {
            "active" => return Ok(id(project.id)),
            "" | "creating" | "preparing" => {}
            "creation_failed" => {
                let message = format!(
                    "Code Engine could not make the project `{}` (creation_failed): delete it, and \
                     look whether the account may have another one in this region",
                    project.name
                );
                return Err(unusable(MAKE, message));
            }
            status => {
                let message = format!("the project `{}` is {status}, not active", project.name);
                return Err(error(ComputeErrorKind::Start, FIND, message));
            }
        }
        if !pauses.patiently().await {
            let message = format!(
                "the project `{}` was not active within {bound:?}, but {}: look at it in the console; \
                 delete it, or set another `project_name`, or raise `project_bound`",
                project.name, project.status
            );
            return Err(unusable(FIND, message));
        }
        match client.ask::<ProjectFound>(&request::get_project(&project.id)).await {
            Ok(found) => project = found,
            // Right after it was made nobody may know it yet, or know whose it is.
            Err(error)
                if made
                    && matches!(error.status(), Some(403 | 404))
                    && begun.elapsed() < UNKNOWN => {}
            Err(error) => return Err(from_api(FIND, error)),
        }
    }
}
