//! Sending an image, and of it only what the registry lacks.

use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use oci_client::{Reference, RegistryOperation};
use oci_spec::image::Digest;
use reqwest::header::HeaderValue;

use super::{AT_A_TIME, REQUEST, RegistryError, Repository, bound};
use crate::image::Blob;
use crate::{Image, Layer};

/// What a push came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// What the image can be pulled as.
    pub reference: String,
    /// The digest of its manifest, by which a registry gives out exactly this image.
    pub digest: Digest,
    /// How many layers the registry lacked.
    pub layers_sent: usize,
    /// How many layers it had.
    pub layers_present: usize,
    /// The bytes of layers and configuration that were sent.
    pub bytes_sent: u64,
}

impl Repository {
    /// Pushes an image, under the tag that this repository was opened with, else under its own
    /// [tag](Image::tag), which names its content.
    ///
    /// Layers are packed first, if they were not, on this thread. What the registry has is not sent:
    /// an image that is there costs one request, or two to say who asks. The image can be pulled when
    /// all of it is there, never before.
    ///
    /// # Errors
    /// [`RegistryError::Denied`] if the user may not push there, [`RegistryError::Silent`] if a layer
    /// goes by less than 128 KiB a second.
    pub async fn push(&self, image: &Image) -> Result<Pushed, RegistryError> {
        let reference = self.name.tagged(self.name.tag().unwrap_or(image.tag()));
        self.greet(RegistryOperation::Push).await?;
        let manifest = image.manifest();
        let mut pushed = Pushed {
            reference: reference.whole(),
            digest: manifest.digest.clone(),
            layers_sent: 0,
            layers_present: image.layers().len(),
            bytes_sent: 0,
        };
        if self.digest_of(&reference).await?.as_ref() == Some(&manifest.digest) {
            return Ok(pushed);
        }
        // Boxed, because the compiler does not see that the bare ones can be sent to another thread.
        let layers = image.layers().iter().map(Layer::packed);
        let sending: Vec<_> = layers.map(|layer| self.send(&reference, layer).boxed()).collect();
        let sent: Vec<u64> = futures::stream::iter(sending)
            .buffer_unordered(AT_A_TIME)
            .try_filter_map(async |sent| Ok(sent))
            .try_collect()
            .await?;
        pushed.layers_sent = sent.len();
        pushed.layers_present -= sent.len();
        let config = self.send(&reference, image.config()).await?.unwrap_or(0);
        pushed.bytes_sent = sent.iter().sum::<u64>() + config;
        // The very bytes that the digest was made of.
        let (bytes, kind) = (manifest.bytes.clone(), HeaderValue::from_static(MANIFEST));
        let answer = self.client.push_manifest_raw(&reference, bytes, kind);
        self.ask("take the manifest", REQUEST, answer).await?;
        tracing::debug!(?pushed, "pushed an image");
        Ok(pushed)
    }

    /// Sends a blob unless it is there; gives the bytes that were sent.
    async fn send(&self, place: &Reference, blob: &Blob) -> Result<Option<u64>, RegistryError> {
        let digest = blob.digest.to_string();
        let answer = self.client.blob_exists(place, &digest);
        if self.ask("look a layer up", REQUEST, answer).await? {
            return Ok(None);
        }
        let size = blob.bytes.len() as u64;
        let answer = self.client.push_blob(place, blob.bytes.clone(), &digest);
        self.ask("take a layer", bound(size), answer).await?;
        Ok(Some(size))
    }
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
