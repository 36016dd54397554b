//! What must be there before workers can be started: the project, the image, secrets, and the job
//! definition that names them.

mod definition;
mod image;
mod project;
mod secrets;

use std::sync::Arc;

use lithops_core::ports::{ComputeError, ComputeErrorKind, StorageBackend};

use crate::CodeEngineConfig;
use crate::clean::{Keep, Leftovers};
use crate::client::{Client, Created};
use crate::error::ApiError;
use crate::refused::{from_api, is_quota};
use crate::request::{Creation, EnvVar, Project};

pub(crate) use project::{find as find_project, look_up as look_up_project};

/// What workers are started from.
#[derive(Clone, Debug)]
pub(crate) struct Deployed {
    pub(crate) project: Project,
    /// The name of the job definition.
    pub(crate) definition: String,
    /// The image, by the name that Code Engine pulls it by.
    pub(crate) image: String,
    /// What launchers are told beside their task.
    pub(crate) launch: Vec<EnvVar>,
}

/// Finds or makes all of it.
///
/// What is there is found by its name, which tells its content: two requests if there are no secrets,
/// and one more for each secret.
pub(crate) async fn deploy(
    client: &Client,
    config: &CodeEngineConfig,
    storage: Option<&Arc<dyn StorageBackend>>,
) -> Result<Deployed, ComputeError> {
    let (project, image) =
        tokio::try_join!(project::open(client, config), image::deliver(config, storage))?;
    let secrets = secrets::put(client, config, &project).await?;
    let body = definition::body(config, &image.reference, &secrets);
    let creation = project.create_definition(&body);
    const OPERATION: &str = "make the job definition";
    let keep = Keep { definition: None, secrets: &secrets.names() };
    create_with_room(client, &project, keep, &creation)
        .await
        .map_err(|error| from_api(OPERATION, error))?;
    let (definition, launch) = (body.name, image.launch);
    Ok(Deployed { project, definition, image: image.reference, launch })
}

/// Makes something; if the project is full, once more after removing what nobody needs.
pub(crate) async fn create_with_room(
    client: &Client,
    project: &Project,
    keep: Keep<'_>,
    creation: &Creation,
) -> Result<Created, ApiError> {
    let refused = match client.create(creation).await {
        Err(ApiError::Refused(refusal)) if is_quota(&refusal) => refusal,
        created => return created,
    };
    tracing::info!(%refused, "the project is full; leftovers are removed");
    match (Leftovers { client, project, keep }).remove().await {
        Ok(0) => Err(ApiError::Refused(refused)),
        Ok(_) => client.create(creation).await,
        // The first refusal tells more of what is wrong.
        Err(error) => {
            tracing::warn!(%error, "leftovers could not be removed");
            Err(ApiError::Refused(refused))
        }
    }
}

/// Something of the user's that can't be used.
fn unusable(operation: &'static str, message: impl Into<String>) -> ComputeError {
    crate::refused::error(ComputeErrorKind::Unsupported, operation, message)
}
