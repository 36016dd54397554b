//! An image as one tar file that every engine loads.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, Write};

use bytes::Bytes;
use serde::Serialize;
use tar::{EntryType, Header};

use super::json::canonical;
use super::layout::{LAYOUT, index};
use super::{Blob, Image};

/// How long a piece is at most.
const PIECE: usize = 1 << 20;
/// What the lengths in a tar file are multiples of.
const BLOCK: usize = 512;

/// The pieces of an image's tar file, in order; made by [`Image::archive`].
#[derive(Debug)]
pub struct Archive {
    pieces: VecDeque<Bytes>,
    size: u64,
}

impl Archive {
    /// The layout alone would be enough for containerd and Podman; Docker's own store reads
    /// `manifest.json`, whose paths may lead into the same blobs.
    pub(super) fn of(image: &Image) -> Self {
        let mut archive = Self { pieces: VecDeque::new(), size: 0 };
        let manifest = image.archive_manifest();
        archive.file("oci-layout", LAYOUT.into());
        archive.file("index.json", index(image, manifest));
        archive.file("manifest.json", docker_manifest(image));
        let layers = image.layers.iter().map(|layer| layer.as_found());
        let mut written = BTreeSet::new();
        for blob in [manifest, &image.config].into_iter().chain(layers) {
            if written.insert(blob.digest.as_ref()) {
                archive.file(&path_of(blob), blob.bytes.clone());
            }
        }
        archive.add(Bytes::from_static(&[0; 2 * BLOCK]));
        archive
    }

    fn file(&mut self, path: &str, content: Bytes) {
        let mut header = Header::new_ustar();
        header.set_path(path).expect("a blob's path is shorter than 100 bytes");
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.add(Bytes::copy_from_slice(header.as_bytes()));
        let padding = content.len().next_multiple_of(BLOCK) - content.len();
        self.add(content);
        self.add(Bytes::from_static(&[0; BLOCK]).slice(..padding));
    }

    fn add(&mut self, mut bytes: Bytes) {
        self.size += bytes.len() as u64;
        while bytes.len() > PIECE {
            self.pieces.push_back(bytes.split_to(PIECE));
        }
        if !bytes.is_empty() {
            self.pieces.push_back(bytes);
        }
    }

    /// Returns how many bytes are left to come.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Iterator for Archive {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let piece = self.pieces.pop_front()?;
        self.size -= piece.len() as u64;
        Some(piece)
    }
}

impl Image {
    /// Writes its [archive](Self::archive).
    ///
    /// # Errors
    /// If `writer` fails.
    pub fn write_archive(&self, mut writer: impl Write) -> io::Result<()> {
        self.archive().try_for_each(|piece| writer.write_all(&piece))
    }
}

/// One image in Docker's own list.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    config: String,
    repo_tags: [String; 1],
    layers: Vec<String>,
}

fn docker_manifest(image: &Image) -> Bytes {
    canonical(&[Listed {
        config: path_of(&image.config),
        repo_tags: [image.reference()],
        layers: image.layers.iter().map(|layer| path_of(layer.as_found())).collect(),
    }])
}

/// Where a blob is in an image layout.
pub(super) fn path_of(blob: &Blob) -> String {
    format!("blobs/sha256/{}", blob.digest.digest())
}
