//! Giving an image of the engine another name.

use bollard::query_parameters::TagImageOptionsBuilder;

use super::images::{check, parse};
use super::{Engine, EngineError, REQUEST};

impl Engine {
    /// Gives an image one more name; `latest` is its tag if `name` has none. Who had the name loses it.
    ///
    /// # Errors
    /// [`EngineError::Reference`] if one of them names nothing, [`EngineError::Request`] if the engine
    /// does not have the image.
    pub async fn name(&self, reference: &str, name: &str) -> Result<(), EngineError> {
        check(reference)?;
        let place = parse(name)?;
        let (repository, tag) = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unzip();
        let (repository, tag) =
            (repository.unwrap_or(name), tag.or(place.tag()).unwrap_or("latest"));
        let options = TagImageOptionsBuilder::new().repo(repository).tag(tag).build();
        let answer = self.docker().tag_image(reference, Some(options));
        self.ask(&format!("call the image {reference} {name}"), REQUEST, answer).await
    }
}
