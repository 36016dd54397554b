//! What an instance is given: its variables and files, looked up as it starts.

use std::collections::BTreeMap;

use super::{EnvVar, MountSource, ReferenceKind, References, RunOrder};
use crate::instance::{Login, Variable};

/// Where instances find their token.
const TOKEN_FOLDER: &str = "/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token";
const TOKEN_FILE: &str = "token";

/// The registry of images that name none.
const DEFAULT_REGISTRY: &str = "docker.io";

/// What a reference names and the project does not have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unresolved {
    #[error("the project has no config map `{0}`")]
    ConfigMap(String),
    #[error("the project has no secret `{0}`")]
    Secret(String),
    #[error("`{reference}` has no key `{key}`")]
    Key { reference: String, key: String },
    #[error("`{0}` is a persistent data store, which this emulator has not")]
    Store(String),
}

/// The variables of an instance. Injected ones stand above those of the definition; there, literals
/// and keys stand above full references, and a later one above an earlier one.
pub(super) fn variables(
    order: &RunOrder,
    references: &dyn References,
    (index, retry): (u64, u32),
) -> Result<Vec<Variable>, Unresolved> {
    let mut merged: BTreeMap<String, (String, bool)> = BTreeMap::new();
    for variable in &order.environment {
        if let EnvVar::Full { kind, reference, prefix } = variable {
            for (key, value) in look_up(order, references, *kind, reference)? {
                merged.insert(format!("{prefix}{key}"), (value, false));
            }
        }
    }
    for variable in &order.environment {
        match variable {
            EnvVar::Full { .. } => {}
            EnvVar::Literal { name, value } => {
                merged.insert(name.clone(), (value.clone(), true));
            }
            EnvVar::Key { name, kind, reference, key } => {
                let mut data = look_up(order, references, *kind, reference)?;
                let value = data.remove(key).ok_or_else(|| Unresolved::Key {
                    reference: reference.clone(),
                    key: key.clone(),
                })?;
                merged.insert(name.clone(), (value, false));
            }
        }
    }
    merged.extend(injected(order, index, retry).map(|(name, value)| (name, (value, false))));
    let variable = |(name, (value, literal))| Variable { name, value, literal };
    Ok(merged.into_iter().map(variable).collect())
}

/// What Code Engine adds itself.
fn injected(
    order: &RunOrder,
    index: u64,
    retry: u32,
) -> impl Iterator<Item = (String, String)> + use<> {
    let surroundings = order.surroundings.clone();
    let job = order.job.clone().map(|job| ("CE_JOB", job));
    let variables = [
        ("CE_API_BASE_URL", surroundings.api_base_url),
        ("CE_DOMAIN", surroundings.domain),
        ("CE_JOBRUN", order.id.name.clone()),
        ("CE_PROJECT_ID", order.id.project.clone()),
        ("CE_REGION", surroundings.region),
        ("CE_SUBDOMAIN", surroundings.subdomain),
        ("JOB_ARRAY_SIZE", order.array_size.to_string()),
        ("JOB_INDEX", index.to_string()),
        ("JOB_INDEX_RETRY_COUNT", retry.to_string()),
        ("JOB_MODE", order.mode.as_str().to_owned()),
        ("JOB_RETRY_LIMIT", order.retry_limit.to_string()),
    ];
    variables.into_iter().chain(job).map(|(name, value)| (name.to_owned(), value))
}

/// The folders that an instance finds, each with its files.
pub(super) fn folders(
    order: &RunOrder,
    references: &dyn References,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, Unresolved> {
    let mut folders = BTreeMap::new();
    for mount in &order.mounts {
        let kind = match mount.source {
            MountSource::ConfigMap => ReferenceKind::ConfigMap,
            MountSource::Secret => ReferenceKind::Secret,
            MountSource::PersistentDataStore => {
                return Err(Unresolved::Store(mount.reference.clone()));
            }
        };
        let path = mount.path.trim_end_matches('/').to_owned();
        folders.insert(path, look_up(order, references, kind, &mount.reference)?);
    }
    if order.compute_resource_token {
        let token = references.compute_resource_token(&order.id);
        folders.insert(TOKEN_FOLDER.to_owned(), [(TOKEN_FILE.to_owned(), token)].into());
    }
    Ok(folders)
}

/// Who pulls the image. `None` if the run names no secret, or it is for another registry.
pub(super) fn login(
    order: &RunOrder,
    references: &dyn References,
) -> Result<Option<Login>, Unresolved> {
    let Some(name) = &order.image_secret else { return Ok(None) };
    let mut data = look_up(order, references, ReferenceKind::Secret, name)?;
    let mut take = |key: &str| {
        let missing = || Unresolved::Key { reference: name.clone(), key: key.to_owned() };
        data.remove(key).ok_or_else(missing)
    };
    let server = take("server")?;
    let login = Login { username: take("username")?, password: take("password")?, server };
    Ok((registry(&login.server) == registry_of(&order.image)).then_some(login))
}

/// The host of a server that may be written as a URL.
fn registry(server: &str) -> &str {
    let host = server.split_once("://").map_or(server, |(_, host)| host);
    match host.split('/').next().unwrap_or_default() {
        "index.docker.io" | "registry-1.docker.io" => DEFAULT_REGISTRY,
        host => host,
    }
}

/// The registry of an image's name: as everywhere, its first part if that looks like a host.
fn registry_of(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => registry(host),
        _ => DEFAULT_REGISTRY,
    }
}

fn look_up(
    order: &RunOrder,
    references: &dyn References,
    kind: ReferenceKind,
    name: &str,
) -> Result<BTreeMap<String, String>, Unresolved> {
    let project = &order.id.project;
    match kind {
        ReferenceKind::ConfigMap => references
            .config_map(project, name)
            .ok_or_else(|| Unresolved::ConfigMap(name.to_owned())),
        ReferenceKind::Secret => {
            references.secret(project, name).ok_or_else(|| Unresolved::Secret(name.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_for_the_registry_that_the_image_names() {
        for (image, registry) in [
            ("debian", "docker.io"),
            ("lithops/worker:1", "docker.io"),
            ("docker.io/lithops/worker", "docker.io"),
            ("private.us.icr.io/space/worker", "private.us.icr.io"),
            ("localhost/worker", "localhost"),
            ("127.0.0.1:5000/worker", "127.0.0.1:5000"),
        ] {
            assert_eq!(registry_of(image), registry);
        }
        for (server, host) in [
            ("us.icr.io", "us.icr.io"),
            ("https://us.icr.io/v2/", "us.icr.io"),
            ("https://index.docker.io/v1/", "docker.io"),
        ] {
            assert_eq!(registry(server), host);
        }
    }
}
