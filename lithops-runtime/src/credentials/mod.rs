//! Who the user is to a registry: what the Docker CLI and Podman have been told.

mod entry;
mod error;
mod external;

use std::path::PathBuf;

use lithops_core::secret::Secret;

use crate::docker_config::{DockerConfig, variable};
use entry::{entry, files, key};

pub use error::CredentialsError;

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
                return external::ask(helper, key(registry), path).await;
            }
            if let Some(auth) = entry(&config.auths, registry)
                && let Some(found) = auth.read(registry, path)?
            {
                return Ok(found);
            }
            if let Some(store) = &config.store {
                let found = external::ask(store, key(registry), path).await?;
                if found != Self::Anonymous {
                    return Ok(found);
                }
            }
        }
        Ok(Self::Anonymous)
    }
}
