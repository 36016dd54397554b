//! Whether the cloud lets this user in, and whether what jobs need is there.

use std::time::Duration;

use lithops_core::ports::{ComputeError, Finding};
use lithops_runtime::Credentials;
use lithops_runtime::engine::Engine;
use lithops_runtime::registry::{RegistryError, Repository};

use crate::client::Client;
use crate::config::{CodeEngineConfig, ImageDelivery};
use crate::deploy::look_up_project;
use crate::error::ApiError;
use crate::refused::{from_api, hint};

const KEY: &str = "API key";
const ADDRESS: &str = "address of Code Engine";
const PROJECT: &str = "project";
const CLOCK: &str = "clock";
const IMAGES: &str = "place for images";

/// How long the API may be tried, and the registry.
const BOUND: Duration = Duration::from_secs(15);

/// The most that this machine's clock may differ from the server's: signed requests and tokens are
/// refused beyond it.
const SKEW: Duration = Duration::from_secs(300);

pub(super) async fn examine(config: &CodeEngineConfig) -> Vec<Finding> {
    let (mut found, images) = tokio::join!(cloud(config), images(config));
    found.extend(images);
    found
}

async fn cloud(config: &CodeEngineConfig) -> Vec<Finding> {
    let bounded = CodeEngineConfig { retry_bound: BOUND.min(config.retry_bound), ..config.clone() };
    let client = match Client::new(&bounded) {
        Ok(client) => client,
        Err(error) => return vec![refused(config, &from_api("prepare connections", error))],
    };
    let looked = look_up_project(&client, &bounded).await;
    let mut found = Vec::new();
    let name = config.project_id.clone().unwrap_or_else(|| config.project_name());
    let (region, key) = (&config.region, Finding::good(KEY, "accepted"));
    match looked {
        Ok(Some(project)) if project.status == "active" => {
            found.extend([key, Finding::good(PROJECT, format!("`{name}` is active in {region}"))]);
        }
        Ok(Some(project)) => {
            let what = format!("`{name}` in {region} is {}, not active", project.status);
            let mend = "wait for it, delete it in the console, or set another `project_name`";
            found.extend([key, Finding::bad(PROJECT, what, mend)]);
        }
        Ok(None) => {
            let how = format!("`{name}` is not in {region}: the first job makes it");
            found.extend([key, Finding::good(PROJECT, how)]);
        }
        Err(error) => found.push(refused(config, &error)),
    }
    if let Some(skew) = client.skew() {
        found.push(match skew <= SKEW {
            true => Finding::good(CLOCK, format!("{} s from that of the server", skew.as_secs())),
            false => Finding::bad(
                CLOCK,
                format!("it is {} s from that of the server", skew.as_secs()),
                "set it: `timedatectl set-ntp true`",
            ),
        });
    }
    found
}

/// What a refusal is about, and the next step.
fn refused(config: &CodeEngineConfig, error: &ComputeError) -> Finding {
    let source = error.source.as_ref().and_then(|source| source.downcast_ref::<ApiError>());
    let Some(source) = source else {
        let mend = "check `project_id` and `region` in the section `[code_engine]`";
        return Finding::bad(PROJECT, error.message.clone(), mend);
    };
    let (subject, usual) = match source {
        ApiError::Login(_) => (KEY, "check `iam_api_key` in the section `[ibm]`"),
        ApiError::Unreachable { .. } | ApiError::Silent { .. } if config.endpoint.is_some() => (
            ADDRESS,
            "check `endpoint` and `iam_endpoint` in the section `[code_engine]`, and that the server \
             runs",
        ),
        ApiError::Unreachable { .. } | ApiError::Silent { .. } => (
            ADDRESS,
            "check the network of this machine, its proxy and its firewall, and `region` in the \
             section `[ibm]`",
        ),
        ApiError::Malformed { .. } => {
            (ADDRESS, "check `endpoint` and `iam_endpoint`: what answers there is no Code Engine")
        }
        _ => (PROJECT, "look at the project in the console of IBM Cloud"),
    };
    let told = hint(source).1;
    Finding::bad(subject, source.to_string(), if told.is_empty() { usual } else { told })
}

/// Where images go that are made of the program; nothing if one is named.
async fn images(config: &CodeEngineConfig) -> Option<Finding> {
    if config.runtime.is_some() {
        return None;
    }
    if let ImageDelivery::Engine { at } = &config.delivery {
        return Some(match Engine::connect(at.as_deref()).await {
            Ok(engine) => Finding::good(IMAGES, format!("the engine at {}", engine.place())),
            Err(error) => {
                let mend = "start the engine, or set `engine` in the section `[code_engine]`";
                Finding::bad(IMAGES, error.to_string(), mend)
            }
        });
    }
    let registry = &config.registry;
    let Some(namespace) = registry.namespace() else {
        return Some(Finding::bad(
            IMAGES,
            "nobody knows where in the registry images go",
            "set `docker_user` and `docker_password` (and `docker_namespace`) in the section \
             `[code_engine]`, or the name of an image in `runtime`",
        ));
    };
    let place = format!("{}/{namespace}/lithops-doctor", registry.server);
    Some(match tokio::time::timeout(BOUND, ask(config, &place)).await {
        Ok(Ok(())) => Finding::good(IMAGES, format!("{}/{namespace}", registry.server)),
        Ok(Err(error)) => {
            let mend = match &error {
                RegistryError::Denied { .. } if registry.user().is_some() => {
                    "check `docker_user`, `docker_password` and `docker_namespace` in the section \
                     `[code_engine]`"
                }
                RegistryError::Denied { .. } => "log in: `docker login` with the registry's name",
                _ => "check `docker_server` in the section `[code_engine]`, and that it runs",
            };
            Finding::bad(IMAGES, error.to_string(), mend)
        }
        Err(_) => {
            let what = format!("{} did not answer within {BOUND:?}", registry.server);
            Finding::bad(IMAGES, what, "check `docker_server` in the section `[code_engine]`")
        }
    })
}

async fn ask(config: &CodeEngineConfig, place: &str) -> Result<(), RegistryError> {
    let repository = match config.registry.user() {
        Some((username, password)) => {
            let (username, password) = (username.to_owned(), password.clone());
            Repository::open_as(place, &Credentials::Password { username, password })?
        }
        None => Repository::open(place).await?,
    };
    // There need not be an image yet.
    repository.find().await.map(drop)
}
