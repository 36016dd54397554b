//! What can be wrong with a registry, or with what it was asked for.

use std::error::Error;
use std::time::Duration;

use oci_client::ParseError;
use oci_client::errors::{OciDistributionError as Answer, OciErrorCode};

use super::Repository;
use crate::base::BaseError;
use crate::credentials::CredentialsError;

/// Why a registry did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// A text that names no image.
    #[error("`{reference}` names no image: {reason}")]
    Reference {
        /// The text.
        reference: String,
        /// What is wrong with it.
        reason: ParseError,
    },
    /// Who the user is to the registry can't be found out.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The user is known by a token of a kind that is not understood.
    #[error(
        "{registry} knows this user by an identity token, which is not supported: run `docker login \
         {registry}` with a user name and a password or an access token"
    )]
    IdentityToken {
        /// The registry.
        registry: String,
    },
    /// TLS can't be set up.
    #[error("a connection to {registry} can't be set up: {source}")]
    Tls {
        /// The registry.
        registry: String,
        /// The reason.
        source: Answer,
    },
    /// The registry does not let this user do it.
    #[error(
        "{registry} does not {doing} for {user} in {path}{}: run `docker login {registry}`, and see \
         that the user may do this there",
        Words(reason)
    )]
    Denied {
        /// The registry.
        registry: String,
        /// The path in the registry.
        path: String,
        /// Whom the registry was asked as.
        user: String,
        /// What was asked for.
        doing: String,
        /// What the registry said, if anything.
        reason: String,
    },
    /// There is no such image.
    #[error(
        "there is no image {reference} in its registry: `lithops runtime push` brings one there"
    )]
    ImageMissing {
        /// The image.
        reference: String,
    },
    /// The registry does not delete.
    #[error(
        "{registry} does not delete images: whoever runs it can allow that \
         (`REGISTRY_STORAGE_DELETE_ENABLED`), or {reference} is deleted in its own interface"
    )]
    NoDeleting {
        /// The registry.
        registry: String,
        /// What was to be deleted.
        reference: String,
    },
    /// The registry can't be reached.
    #[error("{registry} can't be reached: {reason}")]
    Unreachable {
        /// The registry.
        registry: String,
        /// What was asked for.
        doing: String,
        /// What is behind it.
        reason: String,
        /// The error of the connection.
        source: Answer,
    },
    /// The registry did not answer in time.
    #[error("{registry} did not {doing} within {bound:?}")]
    Silent {
        /// The registry.
        registry: String,
        /// What was asked for.
        doing: String,
        /// How long it was waited for.
        bound: Duration,
    },
    /// The registry refused, or sent what is not understood.
    #[error("{registry} can't {doing}: {source}")]
    Request {
        /// The registry.
        registry: String,
        /// What was asked for.
        doing: String,
        /// What it answered.
        source: Answer,
    },
    /// What the registry has is no base image.
    #[error(transparent)]
    Base(#[from] BaseError),
}

impl RegistryError {
    /// Whether the same request may succeed later, with nothing else changed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } => true,
            Self::Request { source, .. } => {
                status(source).is_some_and(|status| status >= 500 || status == 429)
            }
            _ => false,
        }
    }
}

struct Words<'a>(&'a str);

impl std::fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " ({})", self.0) }
    }
}

impl Repository {
    pub(super) fn refused(&self, doing: &str, error: Answer) -> RegistryError {
        let (registry, doing) = (self.registry().to_owned(), doing.to_owned());
        if let Answer::RequestError(request) = &error
            && request.status().is_none()
        {
            let reason = root(request);
            return RegistryError::Unreachable { registry, doing, reason, source: error };
        }
        match (status(&error), &error) {
            (Some(401 | 403), _) | (None, Answer::AuthenticationFailure(_)) => {
                let (path, user, reason) =
                    (self.name.path().to_owned(), self.user(), words(&error));
                RegistryError::Denied { registry, path, user, doing, reason }
            }
            _ => RegistryError::Request { registry, doing, source: error },
        }
    }
}

/// What is at the bottom of an error, which is what a user can do something about.
fn root(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}

/// The HTTP status with which the registry refused, as far as it can still be told.
pub(super) fn status(error: &Answer) -> Option<u16> {
    match error {
        Answer::RequestError(error) => error.status().map(|status| status.as_u16()),
        Answer::ServerError { code, .. } => Some(*code),
        Answer::UnauthorizedError { .. } => Some(401),
        Answer::RegistryError { envelope, .. } => {
            envelope.errors.iter().find_map(|error| match error.code {
                OciErrorCode::Unauthorized => Some(401),
                OciErrorCode::Denied => Some(403),
                OciErrorCode::Toomanyrequests => Some(429),
                OciErrorCode::ManifestUnknown
                | OciErrorCode::NameUnknown
                | OciErrorCode::BlobUnknown
                | OciErrorCode::NotFound => Some(404),
                _ => None,
            })
        }
        _ => None,
    }
}

/// What the registry said of it, without markup.
fn words(error: &Answer) -> String {
    let said = match error {
        Answer::RegistryError { envelope, .. } => return envelope.to_string(),
        Answer::ServerError { message, .. } | Answer::AuthenticationFailure(message) => message,
        _ => return String::new(),
    };
    match serde_json::from_str::<oci_client::errors::OciEnvelope>(said) {
        Ok(envelope) => {
            let messages = envelope.errors.into_iter().map(|error| error.message);
            messages.collect::<Vec<_>>().join("; ")
        }
        Err(_) if said.trim_start().starts_with('<') => String::new(),
        Err(_) => said.trim().to_owned(),
    }
}
