//! An image as a folder.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use bytes::Bytes;
use oci_spec::image::{ImageIndexBuilder, MediaType, SCHEMA_VERSION};

use super::archive::path_of;
use super::json::canonical;
use super::{Blob, Image};

/// The content of `oci-layout`.
pub(super) const LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// What containerd and Podman take an image's name from; they want all of it.
const FULL_NAME: &str = "io.containerd.image.name";
const TAG: &str = "org.opencontainers.image.ref.name";

/// The content of `index.json`: one image, with its name.
pub(super) fn index(image: &Image, manifest: &Blob) -> Bytes {
    let mut entry = manifest.descriptor();
    entry.set_annotations(Some(HashMap::from([
        (FULL_NAME.to_owned(), format!("docker.io/{}", image.reference())),
        (TAG.to_owned(), image.tag().to_owned()),
    ])));
    let index = ImageIndexBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageIndex)
        .manifests([entry])
        .build();
    canonical(&index.expect("all that an index must have is set"))
}

impl Image {
    /// Writes an OCI image layout into `folder`, which is made if it is missing, with packed layers.
    ///
    /// Blobs that are there already are kept, so that a folder can be written to again after a
    /// change; `index.json` names this image alone.
    ///
    /// # Errors
    /// If a file can't be written.
    pub fn write_layout(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder.join("blobs/sha256"))?;
        let layers = self.layers.iter().map(|layer| layer.packed());
        for blob in [self.manifest(), &self.config].into_iter().chain(layers) {
            let path = folder.join(path_of(blob));
            let is_there =
                fs::metadata(&path).is_ok_and(|file| file.len() == blob.bytes.len() as u64);
            if !is_there {
                write(&path, &blob.bytes)?;
            }
        }
        write(&folder.join("oci-layout"), LAYOUT.as_bytes())?;
        // Last, so that whoever finds it finds all that it names.
        write(&folder.join("index.json"), &index(self, self.manifest()))
    }
}

/// Writes a file as a whole or not at all.
fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension(format!("{}.part", std::process::id()));
    fs::write(&unfinished, content)?;
    fs::rename(&unfinished, path)
}
