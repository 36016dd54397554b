//! Fetching an image, to be the base of another one.

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use oci_client::RegistryOperation;
use oci_client::client::LayerDescriptor;
use oci_spec::image::{Arch, Descriptor, Digest, ImageIndex, ImageManifest, Os};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::status;
use super::{AT_A_TIME, REQUEST, RegistryError, Repository, at, bound};
use crate::{Architecture, Base, BaseError, BaseLayer, BasePart};

/// Manifests of OCI and of Docker, for one processor and for several.
const KINDS: [&str; 4] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];

/// What tells an index from a manifest, also where no media type does.
#[derive(Deserialize)]
struct Shape {
    #[serde(default)]
    manifests: Option<serde::de::IgnoredAny>,
}

impl Repository {
    /// Fetches the image that is meant, `latest` if no tag was said, to be the base of another one.
    ///
    /// Of an image for several processors, that for `wanted`. Each part is what its digest says. The
    /// layers are held in memory, as the registry has them.
    ///
    /// # Errors
    /// [`RegistryError::ImageMissing`] if there is none, [`RegistryError::Base`] if there is none for
    /// this processor or it is no image, [`RegistryError::Silent`] if a layer comes by less than
    /// 128 KiB a second.
    pub async fn pull_base(&self, wanted: &Architecture) -> Result<Base, RegistryError> {
        let (_, manifest) = self.choose(wanted).await?;
        let config = self.blob(manifest.config()).await?;
        let layers = futures::stream::iter(manifest.layers())
            .map(async |layer| {
                let bytes = self.blob(layer).await?;
                Ok::<_, RegistryError>(BaseLayer { media_type: layer.media_type().clone(), bytes })
            })
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        Ok(Base::Parts(BasePart { name: self.name.meant().whole(), config, layers }))
    }

    /// The manifest for one processor, and its digest.
    pub(super) async fn choose(
        &self,
        wanted: &Architecture,
    ) -> Result<(Digest, ImageManifest), RegistryError> {
        self.greet(RegistryOperation::Pull).await?;
        let meant = self.name.meant();
        let (document, digest) = self.document(&meant).await?;
        let shape: Shape = self.parse("manifest", &document)?;
        if shape.manifests.is_none() {
            return Ok((self.digest(&digest)?, self.parse("manifest", &document)?));
        }
        let index: ImageIndex = self.parse("index", &document)?;
        let mut found = Vec::new();
        for entry in index.manifests() {
            let Some(platform) = entry.platform() else { continue };
            let architecture = platform.architecture().to_string();
            if *platform.os() != Os::Linux
                || *platform.architecture() == Arch::Other("unknown".to_owned())
            {
                continue;
            }
            if Architecture::from(architecture.as_str()) == *wanted {
                let chosen = at(&meant, entry.digest().as_ref());
                let (document, digest) = self.document(&chosen).await?;
                return Ok((self.digest(&digest)?, self.parse("manifest", &document)?));
            }
            found.push(architecture);
        }
        Err(BaseError::NoVariant { name: meant.whole(), wanted: wanted.clone(), found }.into())
    }

    /// A manifest or index, as bytes, and its digest.
    async fn document(
        &self,
        reference: &oci_client::Reference,
    ) -> Result<(Bytes, String), RegistryError> {
        let answer = async {
            match self.client.pull_manifest_raw(reference, &self.auth, &KINDS).await {
                Ok(document) => Ok(Some(document)),
                Err(error) if status(&error) == Some(404) => Ok(None),
                Err(error) => Err(error),
            }
        };
        let document = self.ask("give an image's manifest", REQUEST, answer).await?;
        document.ok_or_else(|| RegistryError::ImageMissing { reference: reference.whole() })
    }

    /// A blob, whose bytes are those that its digest says.
    pub(super) async fn blob(&self, named: &Descriptor) -> Result<Bytes, RegistryError> {
        let digest = named.digest().to_string();
        let layer = LayerDescriptor { digest: &digest, urls: named.urls() };
        let (place, mut bytes) = (self.name.any(), Vec::new());
        let answer = self.client.pull_blob(&place, &layer, &mut bytes);
        self.ask("give a layer", bound(named.size()), answer).await?;
        Ok(bytes.into())
    }

    fn digest(&self, text: &str) -> Result<Digest, RegistryError> {
        text.parse().map_err(|error| {
            let said = format!("`{text}` is no digest: {error}");
            let answer = oci_client::errors::OciDistributionError::SpecViolationError(said);
            self.refused("give an image's manifest", answer)
        })
    }

    fn parse<T: DeserializeOwned>(
        &self,
        document: &'static str,
        text: &[u8],
    ) -> Result<T, RegistryError> {
        let parsed = serde_json::from_slice(text);
        let name = || self.name.meant().whole();
        Ok(parsed.map_err(|source| BaseError::Document { name: name(), document, source })?)
    }
}
