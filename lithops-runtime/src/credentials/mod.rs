//! Who the user is to a registry: what the Docker CLI and Podman have been told.

mod helper;

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lithops_core::secret::Secret;

use crate::docker_config::{Auth, DockerConfig, Environment, UserFileError, variable};

/// Docker Hub, as it is called in references.
const HUB: &str = "docker.io";

/// Docker Hub, as it is called in files.
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// Who a registry is asked as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Nobody: public images can be pulled.
    Anonymous,
    /// A user with a password, or with a token in the place of one.
    Password {
        /// The name of the user.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A token from which the registry makes others.
    IdentityToken(Secret),
}

/// Why nobody can tell who the user is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// A file can't be used.
    #[error(transparent)]
    File(#[from] UserFileError),
    /// An entry of a file is not what it should be.
    #[error(
        "the entry of {registry} in {} holds neither a name with a password nor a token: \
         `docker login {registry}` writes it anew",
        path.display()
    )]
    Entry {
        /// The registry.
        registry: String,
        /// The file.
        path: PathBuf,
    },
    /// A credential helper can't be started.
    #[error(
        "the credential helper `{program}`, which {} asks for, can't be started: {source}; install \
         it, or remove it from the file and run `docker login {registry}`",
        path.display()
    )]
    NoHelper {
        /// The helper.
        program: String,
        /// The registry it was to be asked about.
        registry: String,
        /// The file that names it.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// A credential helper failed.
    #[error("the credential helper `{program}` failed for {registry}: {reason}")]
    Helper {
        /// The helper.
        program: String,
        /// The registry it was asked about.
        registry: String,
        /// What it said, or what its answer lacks.
        reason: String,
    },
    /// A credential helper did not answer.
    #[error(
        "the credential helper `{program}` said nothing of {registry} for {bound:?}: does it wait \
         for an answer in a window?"
    )]
    Silent {
        /// The helper.
        program: String,
        /// The registry it was asked about.
        registry: String,
        /// How long it was waited for.
        bound: Duration,
    },
}

impl Credentials {
    /// Finds who the user is to a registry, `HOST` or `HOST:PORT`.
    ///
    /// Looks where `docker login` and `podman login` write: the file that `REGISTRY_AUTH_FILE`
    /// names, else `config.json` in `DOCKER_CONFIG` or `~/.docker`, then Podman's
    /// `$XDG_RUNTIME_DIR/containers/auth.json`. Asks credential helpers where these name them, each
    /// for at most half a minute. Nobody known is no error: [`Anonymous`](Self::Anonymous).
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`CredentialsError`] if a file or a helper can't be used.
    pub async fn find(registry: &str) -> Result<Self, CredentialsError> {
        Self::find_in(registry, &files(&variable)).await
    }

    async fn find_in(registry: &str, files: &[PathBuf]) -> Result<Self, CredentialsError> {
        for path in files {
            let config = DockerConfig::read(path)?;
            if let Some(helper) = entry(&config.helpers, registry) {
                return helper::ask(helper, key(registry), path).await;
            }
            if let Some(auth) = entry(&config.auths, registry)
                && let Some(found) = auth.read(registry, path)?
            {
                return Ok(found);
            }
            if let Some(store) = &config.store {
                let found = helper::ask(store, key(registry), path).await?;
                if found != Self::Anonymous {
                    return Ok(found);
                }
            }
        }
        Ok(Self::Anonymous)
    }
}

impl Auth {
    /// None for an entry that only says that a helper knows more.
    fn read(
        &self,
        registry: &str,
        path: &PathBuf,
    ) -> Result<Option<Credentials>, CredentialsError> {
        let wrong =
            || CredentialsError::Entry { registry: registry.to_owned(), path: path.clone() };
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

fn files(environment: Environment<'_>) -> Vec<PathBuf> {
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
fn key(registry: &str) -> &str {
    if registry == HUB { HUB_KEY } else { registry }
}

fn entry<'a, T>(
    entries: &'a std::collections::BTreeMap<String, T>,
    registry: &str,
) -> Option<&'a T> {
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
