//! What is in a repository.

use std::collections::{BTreeMap, BTreeSet};

use oci_client::errors::OciDistributionError as Answer;
use oci_client::{Reference, RegistryOperation};
use oci_spec::image::{Digest, ImageConfiguration};

use super::error::status;
use super::{REQUEST, RegistryError, Repository};
use crate::image::label;
use crate::{Architecture, BaseError, FactsError, RuntimeFacts};

/// How many tags are asked for at a time.
const PAGE: usize = 1000;

/// An image in a registry.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RemoteImage {
    /// The digest of its manifest.
    pub digest: Digest,
    /// How many bytes its layers have, packed.
    pub size: u64,
    /// Its configuration.
    pub config: ImageConfiguration,
}

impl RemoteImage {
    /// Its labels.
    pub fn labels(&self) -> BTreeMap<&str, &str> {
        let labels = self.config.config().as_ref().and_then(|config| config.labels().as_ref());
        labels.into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The program that it runs; `None` if it was not made by this library.
    pub fn program(&self) -> Option<&str> {
        self.labels().get(label::PROGRAM).copied()
    }

    /// What it offers to programs.
    ///
    /// # Errors
    /// [`FactsError`] if it was not made by this library.
    pub fn facts(&self) -> Result<RuntimeFacts, FactsError> {
        RuntimeFacts::from_config(&self.config)
    }
}

impl Repository {
    /// The digest of the image that is meant, `latest` if no tag was said; `None` if there is none.
    ///
    /// # Errors
    /// [`RegistryError`] if the registry does not answer, or does not let this user look.
    pub async fn find(&self) -> Result<Option<Digest>, RegistryError> {
        self.greet(RegistryOperation::Pull).await?;
        self.digest_of(&self.name.meant()).await
    }

    pub(super) async fn digest_of(
        &self,
        reference: &Reference,
    ) -> Result<Option<Digest>, RegistryError> {
        let doing = "look an image up";
        let answer = async {
            match self.client.fetch_manifest_digest(reference, &self.auth).await {
                Ok(digest) => Ok(Some(digest)),
                Err(error) if status(&error) == Some(404) => Ok(None),
                Err(error) => Err(error),
            }
        };
        let Some(digest) = self.ask(doing, REQUEST, answer).await? else { return Ok(None) };
        match digest.parse() {
            Ok(digest) => Ok(Some(digest)),
            Err(error) => {
                let said = format!("`{digest}` is no digest: {error}");
                Err(self.refused(doing, Answer::SpecViolationError(said)))
            }
        }
    }

    /// What is known of the image that is meant, `latest` if no tag was said, for one processor.
    ///
    /// # Errors
    /// [`RegistryError::ImageMissing`] if there is none.
    pub async fn describe(&self, wanted: &Architecture) -> Result<RemoteImage, RegistryError> {
        let (digest, manifest) = self.choose(wanted).await?;
        let config = self.blob(manifest.config()).await?;
        let parsed = serde_json::from_slice(&config);
        let config = parsed.map_err(|source| BaseError::Document {
            name: self.name.meant().whole(),
            document: "configuration",
            source,
        })?;
        let size = manifest.layers().iter().map(oci_spec::image::Descriptor::size).sum();
        Ok(RemoteImage { digest, size, config })
    }

    /// All tags of the repository, in order; none if there is no repository.
    ///
    /// # Errors
    /// [`RegistryError`] if the registry does not answer, or does not let this user look.
    pub async fn tags(&self) -> Result<Vec<String>, RegistryError> {
        self.greet(RegistryOperation::Pull).await?;
        let place = self.name.any();
        let mut tags = BTreeSet::new();
        let mut last = None;
        loop {
            let answer = async {
                let page = Some(PAGE);
                match self.client.list_tags(&place, &self.auth, page, last.as_deref()).await {
                    Ok(answer) => Ok(answer.tags),
                    Err(error) if status(&error) == Some(404) => Ok(Vec::new()),
                    Err(error) => Err(error),
                }
            };
            let page = self.ask("list tags", REQUEST, answer).await?;
            last = page.last().cloned();
            let known = tags.len();
            tags.extend(page);
            // Some registries give all of them in each answer.
            if tags.len() == known {
                return Ok(tags.into_iter().collect());
            }
        }
    }
}
