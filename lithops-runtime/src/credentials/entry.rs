//! What a file says of a registry.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lithops_core::secret::Secret;

use super::{Credentials, CredentialsError};
use crate::docker_config::{Auth, DockerConfig, Environment};

/// Docker Hub, as it is called in references.
const HUB: &str = "docker.io";

/// Docker Hub, as it is called in files.
const HUB_KEY: &str = "https://index.docker.io/v1/";

impl Auth {
    /// None for an entry that only says that a helper knows more.
    pub(super) fn read(
        &self,
        registry: &str,
        path: &Path,
    ) -> Result<Option<Credentials>, CredentialsError> {
        let wrong =
            || CredentialsError::Entry { registry: registry.to_owned(), path: path.to_owned() };
        let said = |secret: &Option<Secret>| secret.clone().filter(|it| !it.expose().is_empty());
        if let Some(token) = said(&self.identity_token) {
            return Ok(Some(Credentials::IdentityToken(token)));
        }
        if let Some(auth) = said(&self.auth) {
            let decoded = STANDARD.decode(auth.expose()).map_err(|_| wrong())?;
            let decoded = String::from_utf8(decoded).map_err(|_| wrong())?;
            let (username, password) = decoded.split_once(':').ok_or_else(wrong)?;
            // `docker login` of old filled the password up with zeros.
            let password = Secret::new(password.trim_end_matches('\0'));
            return Ok(Some(Credentials::Password { username: username.to_owned(), password }));
        }
        match (&self.username, said(&self.password)) {
            (Some(username), Some(password)) => {
                Ok(Some(Credentials::Password { username: username.clone(), password }))
            }
            (None, None) => Ok(None),
            _ => Err(wrong()),
        }
    }
}

/// Where logins are kept, in order.
pub(super) fn files(environment: Environment<'_>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    match environment("REGISTRY_AUTH_FILE") {
        Some(file) => files.push(PathBuf::from(file)),
        None => files.extend(DockerConfig::folder(environment).map(|it| it.join("config.json"))),
    }
    let runtime = environment("XDG_RUNTIME_DIR").map(PathBuf::from);
    files.extend(runtime.map(|folder| folder.join("containers/auth.json")));
    files
}

/// What a registry is called in files and by helpers.
pub(super) fn key(registry: &str) -> &str {
    if registry == HUB { HUB_KEY } else { registry }
}

/// What a file has under the name of a registry.
pub(super) fn entry<'a, T>(entries: &'a BTreeMap<String, T>, registry: &str) -> Option<&'a T> {
    entries.get(key(registry)).or_else(|| {
        // Some write `https://HOST/v2/`.
        let host = |key: &str| {
            let key = key.split_once("://").map_or(key, |(_, rest)| rest);
            let host = key.split('/').next().unwrap_or(key).to_owned();
            if host == "index.docker.io" { HUB.to_owned() } else { host }
        };
        let is_meant = |(key, _): &(&String, &T)| host(key) == registry;
        entries.iter().find(is_meant).map(|(_, value)| value)
    })
}
