//! Having the engine take an image of ours.

use std::time::Duration;

use bollard::errors::Error as Answer;
use bollard::query_parameters::{ImportImageOptionsBuilder, TagImageOptionsBuilder};
use futures::TryStreamExt as _;

use super::error::Missing;
use super::{Engine, EngineError, REQUEST};
use crate::Image;

/// How long an engine may take to load an image without content; it has a second more for each MiB.
const LOAD: Duration = Duration::from_secs(60);

/// How an image came to be in the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It was there.
    AlreadyThere,
    /// It was loaded now.
    Loaded,
}

impl Engine {
    /// Makes sure that the engine has this image under its [`reference`](Image::reference).
    ///
    /// One request of about a millisecond if it is there; else the image is sent, with plain layers,
    /// and looked up. Layers that the engine has are not kept twice.
    ///
    /// # Errors
    /// [`EngineError::Request`] if the engine does not take it, [`EngineError::Silent`] if it takes
    /// more than a minute and a second for each MiB, [`EngineError::Different`] if another image has
    /// the name afterwards.
    ///
    /// ```no_run
    /// # async fn ensure() -> Result<(), Box<dyn std::error::Error>> {
    /// use lithops_runtime::engine::{Engine, Presence};
    /// use lithops_runtime::{Program, Recipe};
    ///
    /// let image = Recipe::new(Program::current()?).build()?;
    /// let engine = Engine::connect(None).await?;
    /// engine.ensure(&image).await?;
    /// assert_eq!(engine.ensure(&image).await?, Presence::AlreadyThere);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ensure(&self, image: &Image) -> Result<Presence, EngineError> {
        let reference = image.reference();
        if let Some(found) = self.look_up(&reference).await?
            && is_same(&found.id, image)
        {
            return Ok(Presence::AlreadyThere);
        }
        self.load(image, &reference).await?;
        let place = self.place.clone();
        match self.look_up(&reference).await? {
            Some(found) if is_same(&found.id, image) => Ok(Presence::Loaded),
            Some(found) => {
                let expected = image.config_digest().to_string();
                Err(EngineError::Different { reference, place, expected, found: found.id })
            }
            None => Err(EngineError::ImageMissing { reference, lack: Missing::Engine(place) }),
        }
    }

    async fn load(&self, image: &Image, reference: &str) -> Result<(), EngineError> {
        let archive = image.archive();
        let bound = LOAD + Duration::from_secs(archive.size() >> 20);
        let pieces = futures::stream::iter(archive.map(Ok));
        let options = ImportImageOptionsBuilder::new().quiet(true).build();
        let answers = self.docker.import_image(options, bollard::body_try_stream(pieces), None);
        // What goes wrong is told in the middle of what went right.
        let answers = answers.try_for_each(|info| {
            tracing::debug!(
                reference,
                says = info.stream.unwrap_or_default().trim_end(),
                "loading"
            );
            std::future::ready(Ok::<(), Answer>(()))
        });
        self.ask(&format!("load the image {reference}"), bound, answers).await?;
        // Loading leaves no note of the time; naming does, also by the name that it has.
        let options = TagImageOptionsBuilder::new().repo(image.name()).tag(image.tag()).build();
        let answer = self.docker.tag_image(reference, Some(options));
        self.ask(&format!("name the image {reference}"), REQUEST, answer).await
    }
}

/// Engines call an image by its configuration, or by its manifest if containerd keeps it. The last is
/// another one if it came from a registry, and is worked out only then.
fn is_same(id: &str, image: &Image) -> bool {
    let digits = id.strip_prefix("sha256:").unwrap_or(id);
    image.config_digest().digest() == digits
        || image.archive_manifest_digest().digest() == digits
        || image.manifest_digest().digest() == digits
}
