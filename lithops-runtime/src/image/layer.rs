//! One layer of an image, plain and packed.

use std::fmt;
use std::io::Write as _;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use oci_spec::image::{Descriptor, Digest, MediaType};

use crate::digest::sha256;

/// Bytes by their digest, as images are made of.
#[derive(Clone)]
pub struct Blob {
    /// What the bytes are.
    pub media_type: MediaType,
    /// Their SHA-256.
    pub digest: Digest,
    /// The bytes.
    pub bytes: Bytes,
}

impl Blob {
    pub(crate) fn new(media_type: MediaType, bytes: Bytes) -> Self {
        Self { media_type, digest: sha256(&bytes), bytes }
    }

    /// Returns type, digest and size, as manifests name them.
    pub fn descriptor(&self) -> Descriptor {
        let size = self.bytes.len() as u64;
        Descriptor::new(self.media_type.clone(), size, self.digest.clone())
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({}, {}, {} bytes)", self.media_type, self.digest, self.bytes.len())
    }
}

/// What a layer holds. Layers are split by how often they change: a program that was built again
/// changes the last one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// A part of the base image.
    Base,
    /// Users, name lookup, certificates, `/tmp`.
    System,
    /// Dynamic libraries and their loader.
    Libraries,
    /// Files that the recipe adds.
    Files,
    /// The program.
    Program,
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "base",
            Self::System => "system",
            Self::Libraries => "libraries",
            Self::Files => "files",
            Self::Program => "program",
        })
    }
}

/// One layer of an image.
pub struct Layer {
    content: Content,
    diff_id: Digest,
    found: Blob,
    packed: OnceLock<Blob>,
}

/// Within 7 % of what level 6 gives, in a quarter of its time.
const LEVEL: u32 = 2;

impl Layer {
    /// A layer of our own, from a tar file.
    pub(super) fn of_tar(content: Content, tar: Bytes) -> Self {
        let found = Blob::new(MediaType::ImageLayer, tar);
        Self { content, diff_id: found.digest.clone(), found, packed: OnceLock::new() }
    }

    /// A layer of a base image, whose content has this digest.
    pub(crate) fn of_base(diff_id: Digest, found: Blob) -> Self {
        Self { content: Content::Base, diff_id, found, packed: OnceLock::new() }
    }

    /// Returns what it holds.
    pub fn content(&self) -> Content {
        self.content
    }

    /// Returns the digest of its tar file, unpacked.
    pub fn diff_id(&self) -> &Digest {
        &self.diff_id
    }

    /// Returns it as it came about, which is how it goes into an [archive](super::Image::archive): a
    /// plain tar file, or what its base image has.
    pub fn as_found(&self) -> &Blob {
        &self.found
    }

    /// Returns it packed by gzip, as it goes to a registry; that of a base as the base has it, if it
    /// is packed.
    ///
    /// The first call packs it, at some 60 MB a second; bytes depend on the content alone.
    pub fn packed(&self) -> &Blob {
        if self.found.media_type != MediaType::ImageLayer {
            return &self.found;
        }
        self.packed.get_or_init(|| {
            let room = Vec::with_capacity(self.found.bytes.len() / 2);
            // No time and no name in the header: they would differ from one build to the next.
            let mut gzip = GzBuilder::new().mtime(0).write(room, Compression::new(LEVEL));
            let packed = gzip.write_all(&self.found.bytes).and_then(|()| gzip.finish());
            let packed = packed.expect("memory takes all that is written");
            Blob::new(MediaType::ImageLayerGzip, packed.into())
        })
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layer({}, {}, {} bytes)", self.content, self.diff_id, self.found.bytes.len())
    }
}
