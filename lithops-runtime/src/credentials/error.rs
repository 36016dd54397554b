//! Why who the user is can't be found out.

use std::path::PathBuf;
use std::time::Duration;

use crate::docker_config::UserFileError;

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
