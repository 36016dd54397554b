//! The file in which the Docker CLI, Podman and others keep what they know of registries and engines.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use lithops_core::secret::Secret;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The environment, or what a test takes for it.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment of this process; a variable that is empty counts as unset, as it does for Docker.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A file of the user's that can't be taken for what it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UserFileError {
    /// It can't be read.
    #[error("{} can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// It is not the JSON that it should be.
    #[error("{} is not understood: {reason}; mend it or remove it", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why, without anything of what the file holds.
        reason: String,
    },
}

/// A `config.json` of the Docker CLI, as far as it matters here.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct DockerConfig {
    /// The context that is in use.
    #[cfg(feature = "engine")]
    #[serde(rename = "currentContext", default)]
    pub(crate) current_context: Option<String>,
    /// Who the user is, by registry.
    #[serde(default)]
    pub(crate) auths: BTreeMap<String, Auth>,
    /// The helper that knows who the user is, by registry.
    #[serde(rename = "credHelpers", default)]
    pub(crate) helpers: BTreeMap<String, String>,
    /// The helper that knows of all other registries.
    #[serde(rename = "credsStore", default)]
    pub(crate) store: Option<String>,
}

/// Who the user is for one registry.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Auth {
    /// `USER:PASSWORD` in Base64.
    #[serde(default)]
    pub(crate) auth: Option<Secret>,
    #[serde(default)]
    pub(crate) username: Option<String>,
    #[serde(default)]
    pub(crate) password: Option<Secret>,
    #[serde(rename = "identitytoken", default)]
    pub(crate) identity_token: Option<Secret>,
}

impl DockerConfig {
    /// The folder of the Docker CLI; none if there is no home.
    pub(crate) fn folder(environment: Environment<'_>) -> Option<PathBuf> {
        let home = || environment("HOME").map(|home| PathBuf::from(home).join(".docker"));
        environment("DOCKER_CONFIG").map(PathBuf::from).or_else(home)
    }

    /// Reads the file; one that is missing says nothing.
    pub(crate) fn read(path: &Path) -> Result<Self, UserFileError> {
        Ok(read_json(path)?.unwrap_or_default())
    }
}

/// Reads a file of JSON, if there is one.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, UserFileError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(UserFileError::Unreadable { path: path.to_owned(), source }),
    };
    match serde_json::from_slice(&text) {
        Ok(value) => Ok(Some(value)),
        // The error's own text could show a value, which may be a password.
        Err(error) => Err(UserFileError::Malformed {
            path: path.to_owned(),
            reason: format!("{} in line {}", Category(error.classify()), error.line()),
        }),
    }
}

struct Category(serde_json::error::Category);

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use serde_json::error::Category;
        f.write_str(match self.0 {
            Category::Io => "it can't be read to its end",
            Category::Syntax => "it is no JSON",
            Category::Data => "a value of an unexpected kind",
            Category::Eof => "it ends too early",
        })
    }
}
