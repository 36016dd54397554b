//! The list of an image's parts.

use oci_spec::image::{Descriptor, ImageManifest, ImageManifestBuilder, MediaType, SCHEMA_VERSION};

use super::Blob;
use super::json::canonical;

/// The manifest of an image with these parts.
pub(super) fn manifest<'a>(config: &Blob, layers: impl Iterator<Item = &'a Blob>) -> Blob {
    let manifest: ImageManifest = ImageManifestBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageManifest)
        .config(config.descriptor())
        .layers(layers.map(Blob::descriptor).collect::<Vec<Descriptor>>())
        .build()
        .expect("all that a manifest must have is set");
    Blob::new(MediaType::ImageManifest, canonical(&manifest))
}
