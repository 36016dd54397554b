//! What can be wrong with an engine, or with what it was asked for.

use std::fmt;
use std::time::Duration;

use bollard::errors::Error as Answer;

use super::base::ExportError;
use super::discovery::DiscoveryError;
use super::place::Place;
use super::unreachable::Unreachable;
use crate::credentials::CredentialsError;

/// Why an engine did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// What chooses the engine can't be followed.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// No engine answers.
    #[error(
        "no container engine answers:{}\nstart Docker (`systemctl start docker`) or Podman \
         (`systemctl --user start podman.socket`), or say where one is by DOCKER_HOST",
        List(tried)
    )]
    Absent {
        /// The places that were looked at, in order, each with the reason why it is not the one.
        tried: Vec<(Place, Unreachable)>,
    },
    /// The engine refused a request, or broke off.
    #[error("the engine at {place} can't {doing}: {source}")]
    Request {
        /// What it was to do.
        doing: String,
        /// The engine.
        place: Place,
        /// What it answered.
        source: Answer,
    },
    /// The engine did not answer in time.
    #[error("the engine at {place} did not {doing} within {bound:?}: is the machine overloaded?")]
    Silent {
        /// What it was to do.
        doing: String,
        /// The engine.
        place: Place,
        /// How long it was waited for.
        bound: Duration,
    },
    /// The engine has no such image, nor can it get one.
    #[error(
        "there is no image {reference} {}: see `docker images` for those that there are, or build it \
         with `lithops runtime build`",
        Lack(lack)
    )]
    ImageMissing {
        /// The image that was asked for.
        reference: String,
        /// Where it was looked for.
        lack: Missing,
    },
    /// A registry wants to know who asks, or does not let them.
    #[error(
        "{registry} does not give {reference} to {user}: {reason}; run `docker login {registry}`"
    )]
    Denied {
        /// The image that was asked for.
        reference: String,
        /// The registry.
        registry: String,
        /// As whom it was asked.
        user: String,
        /// What it said.
        reason: String,
    },
    /// The engine does not reach a registry.
    #[error("the engine at {place} does not reach {registry} to pull {reference}: {reason}")]
    NoRegistry {
        /// The image that was asked for.
        reference: String,
        /// The registry.
        registry: String,
        /// The engine.
        place: Place,
        /// What it said.
        reason: String,
    },
    /// The engine insists on TLS, and the registry has none.
    #[error(
        "the engine at {place} does not pull {reference} without TLS: list {registry} in          `insecure-registries` of Docker's daemon.json, or as `insecure` in Podman's registries.conf"
    )]
    NoTls {
        /// The image that was asked for.
        reference: String,
        /// The registry.
        registry: String,
        /// The engine.
        place: Place,
    },
    /// Who the user is to a registry can't be found out.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// A text that names no image.
    #[error("`{reference}` names no image: {reason}")]
    Reference {
        /// The text.
        reference: String,
        /// What is wrong with it.
        reason: oci_spec::distribution::ParseError,
    },
    /// The engine has another image than the one that it was given.
    #[error(
        "the engine at {place} has {found} as {reference}, and not {expected}: does something else \
         write this name?"
    )]
    Different {
        /// The name of the image.
        reference: String,
        /// The engine.
        place: Place,
        /// What the image should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The image is needed by a container.
    #[error("the image {reference} is in use: {reason}")]
    InUse {
        /// The image.
        reference: String,
        /// By what, in the engine's words.
        reason: String,
    },
    /// The image was not made by this library.
    #[error(
        "the image {reference} was not made by Lithops, so it is not removed: `docker rmi \
         {reference}` removes it"
    )]
    NotOurs {
        /// The image.
        reference: String,
    },
    /// An image can't be taken out of the engine.
    #[error("the image {reference} can't be taken out of the engine: {source}")]
    Export {
        /// The image.
        reference: String,
        /// The reason.
        source: ExportError,
    },
}

impl EngineError {
    /// Whether the same request may succeed later, with nothing else changed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Silent { .. } | Self::NoRegistry { .. } => true,
            Self::Request { source, .. } => match source {
                Answer::DockerResponseServerError { status_code, .. } => *status_code >= 500,
                Answer::RequestTimeoutError
                | Answer::IOError { .. }
                | Answer::HyperResponseError { .. }
                | Answer::HyperLegacyError { .. } => true,
                _ => false,
            },
            _ => false,
        }
    }
}

/// Where an image is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// In the engine itself.
    Engine(Place),
    /// In its registry, with what the engine said of it.
    Registry(String),
}

struct Lack<'a>(&'a Missing);

impl fmt::Display for Lack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Missing::Engine(place) => write!(f, "in the engine at {place}"),
            Missing::Registry(reason) => write!(f, "in its registry ({reason})"),
        }
    }
}

struct List<'a>(&'a [(Place, Unreachable)]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(place, why)| write!(f, "\n  {place}: {why}"))
    }
}
