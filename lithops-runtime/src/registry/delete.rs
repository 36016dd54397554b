//! Removing an image from a registry.

use oci_client::RegistryOperation;
use oci_client::errors::OciDistributionError as Answer;
use oci_client::secrets::RegistryAuth;
use oci_spec::image::Digest;

use super::{REQUEST, RegistryError, Repository};

/// So much is read of what a registry says of a refusal, and one piece more.
const LONGEST: usize = 64 * 1024;

impl Repository {
    /// Deletes the image that is meant, with all tags that name it; gives its digest.
    ///
    /// Its layers stay until the registry cleans up after itself.
    ///
    /// # Errors
    /// [`RegistryError::ImageMissing`] if there is none, [`RegistryError::NoDeleting`] if the registry
    /// does not delete at all.
    pub async fn delete(&self) -> Result<Digest, RegistryError> {
        let token = self.greet(RegistryOperation::Push).await?;
        let meant = self.name.meant();
        let missing = || RegistryError::ImageMissing { reference: meant.whole() };
        // Registries delete by digest only: a tag may have moved on meanwhile.
        let digest = self.digest_of(&meant).await?.ok_or_else(missing)?;
        let scheme = if self.name.is_loopback() { "http" } else { "https" };
        let (host, path) = (meant.resolve_registry(), self.name.path());
        let address = format!("{scheme}://{host}/v2/{path}/manifests/{digest}");
        let request = self.http.delete(&address);
        let request = match (token, &self.auth) {
            (Some(token), _) => request.bearer_auth(token),
            (None, RegistryAuth::Basic(user, password)) => request.basic_auth(user, Some(password)),
            (None, _) => request,
        };
        let answer = async {
            let mut response = request.send().await?;
            let code = response.status().as_u16();
            let mut message = Vec::new();
            while message.len() < LONGEST
                && let Some(piece) = response.chunk().await?
            {
                message.extend_from_slice(&piece);
            }
            Ok::<_, Answer>((code, String::from_utf8_lossy(&message).into_owned()))
        };
        let doing = "delete an image";
        match self.ask(doing, REQUEST, answer).await? {
            (200..300, _) => Ok(digest),
            (404, _) => Err(missing()),
            (405, _) => {
                let registry = self.registry().to_owned();
                Err(RegistryError::NoDeleting { registry, reference: meant.whole() })
            }
            (code, message) => {
                Err(self.refused(doing, Answer::ServerError { code, url: address, message }))
            }
        }
    }
}
