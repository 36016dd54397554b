//! Reading an image layout from disk.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use oci_spec::image::{Descriptor, ImageIndex, ImageManifest, MediaType};
use serde::de::DeserializeOwned;

use super::{BaseError, BaseLayer, BasePart};
use crate::Architecture;
use crate::digest::sha256;

/// How deep indexes may stand in each other.
const DEPTH: usize = 3;

/// Reads the first image for an architecture.
pub(super) fn read(folder: &Path, wanted: &Architecture) -> Result<BasePart, BaseError> {
    let layout = Layout { folder, name: folder.display().to_string() };
    let index = layout.file(&folder.join("index.json"))?;
    let mut found = Vec::new();
    let Some((manifest, config)) = layout.choose(&index, wanted, DEPTH, &mut found)? else {
        let name = layout.name;
        return Err(BaseError::NoVariant { name, wanted: wanted.clone(), found });
    };
    let layers = manifest.layers().iter().map(|layer| {
        let bytes = layout.blob(layer)?;
        Ok(BaseLayer { media_type: layer.media_type().clone(), bytes })
    });
    let layers = layers.collect::<Result<_, BaseError>>()?;
    Ok(BasePart { name: layout.name, config, layers })
}

struct Layout<'a> {
    folder: &'a Path,
    name: String,
}

impl Layout<'_> {
    /// The first manifest below an index that is for an architecture, with its configuration; says
    /// which others it found.
    fn choose(
        &self,
        index: &[u8],
        wanted: &Architecture,
        depth: usize,
        found: &mut Vec<String>,
    ) -> Result<Option<(ImageManifest, Bytes)>, BaseError> {
        let index: ImageIndex = self.parse("index", index)?;
        for entry in index.manifests() {
            if *entry.media_type() != MediaType::ImageManifest && !is_docker_manifest(entry) {
                if depth > 0 && is_index(entry) {
                    let inner = self.blob(entry)?;
                    let chosen = self.choose(&inner, wanted, depth - 1, found)?;
                    if chosen.is_some() {
                        return Ok(chosen);
                    }
                }
                continue;
            }
            let manifest: ImageManifest = self.parse("manifest", &self.blob(entry)?)?;
            let config = self.blob(manifest.config())?;
            let is_for: IsFor = self.parse("configuration", &config)?;
            if Architecture::from(is_for.architecture.as_str()) == *wanted {
                return Ok(Some((manifest, config)));
            }
            found.push(is_for.architecture);
        }
        Ok(None)
    }

    /// A blob, whose bytes are those that its name says.
    fn blob(&self, named: &Descriptor) -> Result<Bytes, BaseError> {
        let digest = named.digest();
        let path =
            self.folder.join("blobs").join(digest.algorithm().as_ref()).join(digest.digest());
        let bytes = self.file(&path)?;
        let found = sha256(&bytes);
        if found != *digest {
            let (name, expected) = (self.name.clone(), digest.to_string());
            return Err(BaseError::Digest { name, expected, found });
        }
        Ok(bytes)
    }

    fn file(&self, path: &Path) -> Result<Bytes, BaseError> {
        let read = fs::read(path).map(Bytes::from);
        read.map_err(|source| BaseError::Read { path: path.to_owned(), source })
    }

    fn parse<T: DeserializeOwned>(
        &self,
        document: &'static str,
        text: &[u8],
    ) -> Result<T, BaseError> {
        let name = || self.name.clone();
        let parsed = serde_json::from_slice(text);
        parsed.map_err(|source| BaseError::Document { name: name(), document, source })
    }
}

/// The part of a configuration that says what it is for; an attestation has another one.
#[derive(serde::Deserialize)]
struct IsFor {
    #[serde(default)]
    architecture: String,
}

fn is_index(entry: &Descriptor) -> bool {
    let docker = "application/vnd.docker.distribution.manifest.list.v2+json";
    *entry.media_type() == MediaType::ImageIndex || entry.media_type().as_ref() == docker
}

fn is_docker_manifest(entry: &Descriptor) -> bool {
    entry.media_type().as_ref() == "application/vnd.docker.distribution.manifest.v2+json"
}
