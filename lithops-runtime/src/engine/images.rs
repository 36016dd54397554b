//! The images that an engine has: looking them up, listing and removing ours.

use std::collections::HashMap;

use bollard::errors::Error as Answer;
use bollard::models::{ImageDeleteResponseItem, ImageInspect};
use bollard::query_parameters::{ListImagesOptionsBuilder, RemoveImageOptions};
use futures::{StreamExt as _, TryStreamExt as _};
use oci_spec::distribution::Reference;

use super::error::Missing;
use super::{Engine, EngineError, REQUEST};
use crate::Architecture;
use crate::image::label;
use crate::reference;

/// How many images are asked about at a time.
const AT_A_TIME: usize = 4;

/// What the engine says of a time that it does not know.
const NEVER: &str = "0001-01-01";

/// An image that an engine has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredImage {
    /// What the engine calls it: the digest of its configuration, or of its manifest.
    pub id: String,
    /// The names that it can be asked for by; none if they went to another image.
    pub references: Vec<String>,
    /// How many bytes it takes, with all that it shares with others.
    pub size: u64,
    /// When the engine was given it, as RFC 3339 by the engine's clock, if it knows.
    ///
    /// Images of Lithops have no time of creation: it would make each build another image.
    pub loaded: Option<String>,
    /// Its labels.
    pub labels: HashMap<String, String>,
    /// The processor that it is for.
    pub architecture: Architecture,
    /// The digests of its layers when unpacked, the lowest first.
    pub layers: Vec<String>,
}

impl StoredImage {
    /// The program that it runs; `None` if it was not made by this library.
    pub fn program(&self) -> Option<&str> {
        self.label(label::PROGRAM)
    }

    /// Whether it was made by this library.
    pub fn is_ours(&self) -> bool {
        self.label(label::RUNTIME).is_some()
    }

    fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }
}

/// What became of a removed image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// The names that name nothing any more.
    pub names: Vec<String>,
    /// The ids of images and layers that are gone. Empty if the image has other names still.
    pub deleted: Vec<String>,
}

impl Engine {
    /// Looks an image up by name or id. One request, about a millisecond.
    ///
    /// # Errors
    /// [`EngineError`] if `reference` names nothing, or the engine does not answer.
    pub async fn find(&self, reference: &str) -> Result<Option<StoredImage>, EngineError> {
        check(reference)?;
        self.look_up(reference).await
    }

    /// As [`find`](Self::find), for a name that needs no checking.
    pub(super) async fn look_up(
        &self,
        reference: &str,
    ) -> Result<Option<StoredImage>, EngineError> {
        let answer = self.docker.inspect_image(reference);
        let doing = format!("look the image {reference} up");
        match self.ask(&doing, REQUEST, answer).await {
            Ok(image) => Ok(Some(stored(image))),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The images that were made by this library, by name. One request, and one for each image.
    ///
    /// # Errors
    /// [`EngineError`] if the engine does not answer.
    pub async fn images(&self) -> Result<Vec<StoredImage>, EngineError> {
        let filters = HashMap::from([("label", vec![label::RUNTIME])]);
        let options = ListImagesOptionsBuilder::new().filters(&filters).build();
        let answer = self.docker.list_images(Some(options));
        let listed = self.ask("list its images", REQUEST, answer).await?;
        let found = futures::stream::iter(listed)
            .map(|image| async move { self.look_up(&image.id).await })
            .buffered(AT_A_TIME);
        // One that is removed meanwhile is none.
        let found = found.try_filter_map(async |image| Ok(image));
        let mut images: Vec<StoredImage> = found.try_collect().await?;
        images
            .sort_by(|one, other| (&one.references, &one.id).cmp(&(&other.references, &other.id)));
        Ok(images)
    }

    /// Removes a name of an image, and the image with the last of them.
    ///
    /// # Errors
    /// [`EngineError::ImageMissing`] if there is none, [`EngineError::NotOurs`] if it was not made by
    /// this library, [`EngineError::InUse`] if a container is made from it.
    pub async fn remove(&self, reference: &str) -> Result<Removed, EngineError> {
        let missing = || EngineError::ImageMissing {
            reference: reference.to_owned(),
            lack: Missing::Engine(self.place.clone()),
        };
        let image = self.find(reference).await?.ok_or_else(missing)?;
        if !image.is_ours() {
            return Err(EngineError::NotOurs { reference: reference.to_owned() });
        }
        let answer = self.docker.remove_image(reference, None::<RemoveImageOptions>, None);
        let doing = format!("remove the image {reference}");
        match self.ask(&doing, REQUEST, answer).await {
            Ok(items) => Ok(removed(items)),
            Err(EngineError::Request {
                source: Answer::DockerResponseServerError { status_code: 409, message },
                ..
            }) => Err(EngineError::InUse { reference: reference.to_owned(), reason: message }),
            Err(error) if status(&error) == Some(404) => Err(missing()),
            Err(error) => Err(error),
        }
    }
}

/// Refuses what is neither a name nor an id: it would be a part of another request.
pub(super) fn check(reference: &str) -> Result<(), EngineError> {
    let id = reference.strip_prefix("sha256:").unwrap_or("");
    if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    parse(reference).map(drop)
}

pub(super) fn parse(reference: &str) -> Result<Reference, EngineError> {
    reference::parse(reference).map_err(|reason| {
        let reference = reference.to_owned();
        EngineError::Reference { reference, reason }
    })
}

/// The HTTP status with which the engine refused.
pub(super) fn status(error: &EngineError) -> Option<u16> {
    match error {
        EngineError::Request {
            source: Answer::DockerResponseServerError { status_code, .. },
            ..
        } => Some(*status_code),
        _ => None,
    }
}

fn stored(image: ImageInspect) -> StoredImage {
    let mut references = image.repo_tags.unwrap_or_default();
    references.retain(|name| name != "<none>:<none>");
    references.iter_mut().for_each(|name| *name = familiar(name));
    let loaded = image.metadata.and_then(|metadata| metadata.last_tag_time);
    StoredImage {
        id: image.id.unwrap_or_default(),
        references,
        size: image.size.and_then(|size| size.try_into().ok()).unwrap_or(0),
        loaded: loaded.filter(|time| !time.starts_with(NEVER)),
        labels: image.config.and_then(|config| config.labels).unwrap_or_default(),
        architecture: image.architecture.unwrap_or_default().as_str().into(),
        layers: image.root_fs.and_then(|fs| fs.layers).unwrap_or_default(),
    }
}

/// Podman writes out what Docker leaves out.
fn familiar(name: &str) -> String {
    let Some(path) = name.strip_prefix("docker.io/") else { return name.to_owned() };
    path.strip_prefix("library/").unwrap_or(path).to_owned()
}

fn removed(items: Vec<ImageDeleteResponseItem>) -> Removed {
    let mut removed = Removed::default();
    for item in items {
        removed.names.extend(item.untagged.as_deref().map(familiar));
        removed.deleted.extend(item.deleted);
    }
    removed
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_docker_calls_them() {
        for (long, short) in [
            ("docker.io/library/debian:12", "debian:12"),
            ("docker.io/lithops/words:1", "lithops/words:1"),
            ("lithops/words:1", "lithops/words:1"),
            ("quay.io/library/a:1", "quay.io/library/a:1"),
        ] {
            assert_eq!(familiar(long), short);
        }
    }

    #[test]
    fn only_names_and_ids_reach_the_engine() {
        for good in ["lithops/words:0123456789abcdef", "debian", "sha256:0a1b", "host:5000/a/b:c"] {
            check(good).unwrap();
        }
        for bad in
            ["", "a?force=true", "../containers", "sha256:../x", "Upper", "Upper/x", "a b", "a#b"]
        {
            let error = check(bad).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{bad}` names no image: ")), "{error}");
        }
    }
}
