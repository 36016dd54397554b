//! Images: what is loaded or pushed.

mod archive;
mod assembly;
mod config;
mod error;
mod files;
mod json;
pub mod label;
mod layer;
mod layout;
mod manifest;
mod name;
mod note;
mod recipe;
#[cfg(feature = "engine")]
mod stored;
mod system;

use std::fmt;
use std::sync::OnceLock;

use oci_spec::image::Digest;

pub use archive::Archive;
pub use error::ImageError;
pub use layer::{Blob, Content, Layer};
pub use note::Note;
pub use recipe::{Kind, Recipe};
#[cfg(feature = "engine")]
pub use stored::StoredError;
pub use system::CERTIFICATE_BUNDLES;

use crate::{Needs, RuntimeFacts};
use manifest::manifest;

/// An image, put together and ready to be loaded or pushed; made by [`Recipe::build`],
/// or taken out of an engine.
///
/// It has two forms with one configuration. In an [archive](Self::archive), for engines of this
/// machine, layers are plain, because packing costs more than it saves. In a registry and in an
/// image layout they are packed by gzip, which is done when it is first asked for, and once. So there
/// are two manifests; engines go by the digest of the configuration, or by that of the archive's
/// manifest.
pub struct Image {
    name: String,
    needs: Needs,
    facts: RuntimeFacts,
    notes: Vec<Note>,
    config: Blob,
    layers: Vec<Layer>,
    packed: OnceLock<Blob>,
    plain: OnceLock<Blob>,
}

impl Image {
    fn new(
        name: String,
        needs: Needs,
        facts: RuntimeFacts,
        notes: Vec<Note>,
        config: Blob,
        layers: Vec<Layer>,
    ) -> Self {
        let (packed, plain) = (OnceLock::new(), OnceLock::new());
        Self { name, needs, facts, notes, config, layers, packed, plain }
    }

    /// Returns its name without a tag, such as `lithops/convert_images`.
    ///
    /// It is made of the program's name; the hash that cargo adds to a test's name is left out.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its tag: the first 16 digits of the [configuration's digest](Self::config_digest).
    ///
    /// Another content has another tag, so an image that is there by its name is the right one.
    pub fn tag(&self) -> &str {
        let digits = self.config.digest.digest();
        digits.get(..16).unwrap_or(digits)
    }

    /// Returns name and tag, such as `lithops/convert_images:0123456789abcdef`.
    pub fn reference(&self) -> String {
        format!("{}:{}", self.name, self.tag())
    }

    /// Returns its configuration: a JSON document that names the content of all layers.
    pub fn config(&self) -> &Blob {
        &self.config
    }

    /// Returns the digest of its configuration, which most engines call the image's id.
    pub fn config_digest(&self) -> &Digest {
        &self.config.digest
    }

    /// Returns its manifest, as a registry keeps it: with packed layers.
    ///
    /// The first call packs all layers.
    pub fn manifest(&self) -> &Blob {
        self.packed.get_or_init(|| {
            let layers = self.layers.iter().map(Layer::packed);
            manifest(&self.config, layers)
        })
    }

    /// Returns the digest of its [manifest](Self::manifest), by which a registry gives it out.
    pub fn manifest_digest(&self) -> &Digest {
        &self.manifest().digest
    }

    /// Returns the digest of the manifest that is in its [archive](Self::archive), which engines
    /// with containerd's store call the image's id.
    pub fn archive_manifest_digest(&self) -> &Digest {
        &self.archive_manifest().digest
    }

    pub(crate) fn archive_manifest(&self) -> &Blob {
        self.plain.get_or_init(|| {
            let layers = self.layers.iter().map(Layer::as_found);
            manifest(&self.config, layers)
        })
    }

    /// Returns its layers, the lowest first; the program is in the last one.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Returns what its program needs.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Returns what it offers to programs, its own and others.
    pub fn facts(&self) -> &RuntimeFacts {
        &self.facts
    }

    /// Returns what its maker should know, such as what was looked for and not found.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Returns the image as one tar file, in pieces of at most 1 MiB; nothing is copied.
    ///
    /// Each engine loads it: it is an OCI image layout, and an archive of Docker.
    pub fn archive(&self) -> Archive {
        Archive::of(self)
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image")
            .field("reference", &self.reference())
            .field("layers", &self.layers)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}
