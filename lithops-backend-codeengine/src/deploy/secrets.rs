//! Secrets of the project: how images are pulled, and how workers reach storage.

use lithops_core::ports::ComputeError;

use super::create_with_room;
use crate::clean::Keep;
use crate::client::{Client, Created};
use crate::refused::from_api;
use crate::request::{Project, RegistryData, SecretBody};
use crate::{CodeEngineConfig, name};

const PUT: &str = "put a secret into the project";

/// The file that workers find their settings in.
pub(super) const FILE: &str = "lithops.toml";

/// The names of the secrets that a job definition needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Secrets {
    /// By which images are pulled.
    pub(super) registry: Option<String>,
    /// The settings of workers.
    pub(super) settings: Option<String>,
}

impl Secrets {
    /// Those that there are.
    pub(super) fn names(&self) -> Vec<&str> {
        self.registry.iter().chain(&self.settings).map(String::as_str).collect()
    }
}

/// Makes sure that the project has the secrets of these settings.
pub(super) async fn put(
    client: &Client,
    config: &CodeEngineConfig,
    project: &Project,
) -> Result<Secrets, ComputeError> {
    let mut secrets = Secrets::default();
    if let Some((username, password)) = config.registry.user() {
        let server = config.registry.server.clone();
        let name = name::registry(&server, username);
        let (username, password) = (username.to_owned(), password.clone());
        let body = SecretBody::registry(name.clone(), &RegistryData { server, username, password });
        // Its name tells whose it is, not what it is: the password may be another one by now.
        if make(client, project, &[], &body).await? == Created::Before {
            let replaced = client.tell(&project.replace_secret(&body)).await;
            replaced.map_err(|error| from_api(PUT, error))?;
        }
        secrets.registry = Some(name);
    }
    if let Some(text) = &config.worker_settings {
        let name = name::settings(&config.api_key, text);
        let body = SecretBody::file(name.clone(), FILE, text);
        make(client, project, &secrets.names(), &body).await?;
        secrets.settings = Some(name);
    }
    Ok(secrets)
}

async fn make(
    client: &Client,
    project: &Project,
    made_before: &[&str],
    body: &SecretBody,
) -> Result<Created, ComputeError> {
    let creation = project.create_secret(body);
    let keep = Keep { definition: None, secrets: made_before };
    let made = create_with_room(client, project, keep, &creation).await;
    made.map_err(|error| from_api(PUT, error))
}
