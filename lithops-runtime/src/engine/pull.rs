//! Having the engine fetch an image from a registry.

use std::time::Duration;

use bollard::auth::DockerCredentials;
use bollard::errors::Error as Answer;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures::StreamExt as _;
use oci_spec::distribution::Reference;

use super::error::Missing;
use super::images::parse;
use super::{Engine, EngineError, StoredImage};
use crate::credentials::Credentials;

/// How long an engine may show no progress.
const SILENCE: Duration = Duration::from_secs(180);

/// How long a pull may take.
const WHOLE: Duration = Duration::from_secs(3600);

impl Engine {
    /// Has the engine pull an image, as the user that the Docker CLI would be, and looks it up.
    ///
    /// A reference without a tag means `latest`, as everywhere. Progress goes to `tracing`.
    ///
    /// # Errors
    /// [`EngineError::ImageMissing`] if the registry has none, [`EngineError::Denied`] if it does not
    /// give it to this user, [`EngineError::Silent`] if there is no progress for three minutes or the
    /// whole takes an hour.
    pub async fn pull(&self, reference: &str) -> Result<StoredImage, EngineError> {
        let credentials = Credentials::find(parse(reference)?.registry()).await?;
        self.pull_as(reference, &credentials).await
    }

    /// As [`pull`](Self::pull), as this user.
    ///
    /// # Errors
    /// As [`pull`](Self::pull).
    pub async fn pull_as(
        &self,
        reference: &str,
        credentials: &Credentials,
    ) -> Result<StoredImage, EngineError> {
        let parsed = parse(reference)?;
        let user = match credentials {
            Credentials::Anonymous => "nobody".to_owned(),
            Credentials::Password { username, .. } => format!("`{username}`"),
            Credentials::IdentityToken(_) => "the owner of a token".to_owned(),
        };
        let whole = parsed.whole();
        let options = CreateImageOptionsBuilder::new().from_image(&whole).build();
        let answers =
            self.docker.create_image(Some(options), None, wire(credentials, parsed.registry()));
        let doing = format!("pull {reference}");
        let silent =
            |bound| EngineError::Silent { doing: doing.clone(), place: self.place.clone(), bound };
        let mut answers = std::pin::pin!(answers);
        let progress = async {
            loop {
                match tokio::time::timeout(SILENCE, answers.next()).await {
                    Ok(Some(Ok(info))) => {
                        let (layer, status) = (info.id, info.status.unwrap_or_default());
                        tracing::debug!(reference, layer, status, "pulling");
                    }
                    Ok(Some(Err(error))) => return Err(self.not_pulled(&parsed, &user, error)),
                    Ok(None) => return Ok(()),
                    Err(_) => return Err(silent(SILENCE)),
                }
            }
        };
        tokio::time::timeout(WHOLE, progress).await.map_err(|_| silent(WHOLE))??;
        let missing = Missing::Engine(self.place.clone());
        let found = self.look_up(&whole).await?;
        found.ok_or(EngineError::ImageMissing { reference: whole, lack: missing })
    }

    /// What engines say, they say in words only: the status is 404 or 500, or 200 with the words in
    /// the stream.
    fn not_pulled(&self, image: &Reference, user: &str, error: Answer) -> EngineError {
        let words = match &error {
            Answer::DockerResponseServerError { message, .. } => message.clone(),
            Answer::DockerStreamError { error } => error.clone(),
            _ => return self.refused(&format!("pull {image}"), error),
        };
        let says = |any: &[&str]| any.iter().any(|part| words.to_lowercase().contains(part));
        let (reference, registry) = (image.whole(), image.registry().to_owned());
        let place = self.place.clone();
        if says(&["http response to https client"]) {
            return EngineError::NoTls { reference, registry, place };
        }
        if says(&["connection refused", "no such host", "timeout", "unreachable", "reset by peer"])
        {
            return EngineError::NoRegistry { reference, registry, place, reason: words };
        }
        // Docker Hub says "access denied" of repositories that don't exist.
        if says(&["not found", "manifest unknown", "name unknown", "does not exist"]) {
            EngineError::ImageMissing { reference, lack: Missing::Registry(words) }
        } else if says(&["unauthorized", "denied", "authentication", "no basic auth", "forbidden"])
        {
            EngineError::Denied { reference, registry, user: user.to_owned(), reason: words }
        } else {
            self.refused(&format!("pull {image}"), error)
        }
    }
}

/// The credentials as the engine is sent them.
fn wire(credentials: &Credentials, registry: &str) -> Option<DockerCredentials> {
    let serveraddress = Some(registry.to_owned());
    match credentials {
        Credentials::Anonymous => None,
        Credentials::Password { username, password } => Some(DockerCredentials {
            username: Some(username.clone()),
            password: Some(password.expose().to_owned()),
            serveraddress,
            ..DockerCredentials::default()
        }),
        Credentials::IdentityToken(token) => Some(DockerCredentials {
            identitytoken: Some(token.expose().to_owned()),
            serveraddress,
            ..DockerCredentials::default()
        }),
    }
}
