//! A base image whose layers have been looked through.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use oci_spec::image::{Digest, ImageConfiguration, MediaType};
use sha2::{Digest as _, Sha256};

use super::{Base, BaseError, BasePart, Tree, layout};
use crate::Architecture;
use crate::digest::finished;
use crate::image::{Blob, Layer};

/// A base image that is what it says it is.
pub(crate) struct Opened {
    pub(crate) config: ImageConfiguration,
    pub(crate) layers: Vec<Layer>,
    pub(crate) tree: Tree,
}

impl Opened {
    /// Reads a base for programs of an architecture; costs unpacking all layers, one at a time and
    /// without keeping what comes out.
    pub(crate) fn of(base: Base, wanted: &Architecture) -> Result<Self, BaseError> {
        let parts = match base {
            Base::Parts(parts) => parts,
            Base::Layout(folder) => layout::read(&folder, wanted)?,
        };
        let BasePart { name, config, layers } = parts;
        let config: ImageConfiguration = serde_json::from_slice(&config).map_err(|source| {
            BaseError::Document { name: name.clone(), document: "configuration", source }
        })?;
        let found = Architecture::from(config.architecture().to_string().as_str());
        if found != *wanted {
            return Err(BaseError::Architecture { name, wanted: wanted.clone(), found });
        }
        let expected = config.rootfs().diff_ids();
        if expected.len() != layers.len() {
            let (expected, found) = (expected.len(), layers.len());
            return Err(BaseError::LayerCount { name, expected, found });
        }
        let mut tree = Tree::default();
        let mut opened = Vec::new();
        for (number, (layer, expected)) in layers.into_iter().zip(expected).enumerate() {
            let media_type = known(&name, layer.media_type)?;
            let added = add(&mut tree, &media_type, &layer.bytes);
            let found =
                added.map_err(|source| BaseError::Layer { name: name.clone(), number, source })?;
            if found.as_ref() != expected {
                let expected = expected.clone();
                return Err(BaseError::Digest { name, expected, found });
            }
            opened.push(Layer::of_base(found, Blob::new(media_type, layer.bytes)));
        }
        Ok(Self { config, layers: opened, tree })
    }
}

/// The type that OCI has for a layer's bytes.
fn known(name: &str, found: MediaType) -> Result<MediaType, BaseError> {
    match found.as_ref() {
        "application/vnd.docker.image.rootfs.diff.tar.gzip" => Ok(MediaType::ImageLayerGzip),
        "application/vnd.docker.image.rootfs.diff.tar" => Ok(MediaType::ImageLayer),
        _ if matches!(found, MediaType::ImageLayer | MediaType::ImageLayerGzip) => Ok(found),
        other => Err(BaseError::Compression { name: name.into(), media_type: other.into() }),
    }
}

/// Adds a layer to the tree, and gives the digest of its unpacked bytes.
fn add(tree: &mut Tree, media_type: &MediaType, bytes: &[u8]) -> io::Result<Digest> {
    let unpacked: Box<dyn Read + '_> = match media_type {
        MediaType::ImageLayerGzip => Box::new(MultiGzDecoder::new(bytes)),
        _ => Box::new(bytes),
    };
    let mut hashed = Hashed { reader: unpacked, hasher: Sha256::new() };
    tree.add_layer(&mut hashed)?;
    // What comes behind the last file belongs to the layer too.
    io::copy(&mut hashed, &mut io::sink())?;
    Ok(finished(hashed.hasher))
}

struct Hashed<R> {
    reader: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
