//! Taking an image that the engine has as the base of another one.

use std::collections::HashMap;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt as _;
use oci_spec::image::MediaType;
use serde::Deserialize;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::error::Missing;
use super::{Engine, EngineError};
use crate::StoredError;
use crate::base::{Base, BaseLayer, BasePart};

/// How long an engine may take to hand an image over.
const EXPORT: Duration = Duration::from_secs(1800);

/// How long it may pause.
const PAUSE: Duration = Duration::from_secs(120);

/// How often a link may lead to another.
const LINKS: usize = 8;

/// Why what an engine exported is no image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The archive can't be read.
    #[error("its archive breaks off: {0}")]
    Read(#[from] io::Error),
    /// The archive's list of contents is not understood.
    #[error("the `manifest.json` of its archive is not understood: {0}")]
    Manifest(#[from] serde_json::Error),
    /// The archive lacks a file.
    #[error("its archive has no `{0}`")]
    Lacks(String),
    /// It is no image of this library, or damaged.
    #[error(transparent)]
    Stored(#[from] StoredError),
}

/// An entry of an archive's `manifest.json`.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "Config")]
    config: String,
    #[serde(rename = "Layers")]
    layers: Vec<String>,
}

/// A file of an archive.
enum File {
    Bytes(Bytes),
    /// Older engines write a layer that comes twice as a link.
    Link(PathBuf),
}

impl Engine {
    /// Takes an image out of the engine, to be the base of another. Its layers are held in memory.
    ///
    /// An image that is in a registry only is pulled first: [`pull`](Self::pull).
    ///
    /// # Errors
    /// [`EngineError::ImageMissing`] if the engine has none, [`EngineError::Export`] if what it gives
    /// is no image.
    pub async fn export_base(&self, reference: &str) -> Result<Base, EngineError> {
        self.parts(reference).await.map(Base::Parts)
    }

    pub(super) async fn parts(&self, reference: &str) -> Result<BasePart, EngineError> {
        if self.find(reference).await?.is_none() {
            let lack = Missing::Engine(self.place.clone());
            return Err(EngineError::ImageMissing { reference: reference.to_owned(), lack });
        }
        let chunks = self.docker.export_image(reference).map_err(io::Error::other);
        // Each has a bound, so that the thread below ends.
        let chunks = futures::stream::try_unfold(Box::pin(chunks), async |mut chunks| {
            let next = tokio::time::timeout(PAUSE, chunks.try_next()).await;
            Ok::<_, io::Error>(next.map_err(io::Error::from)??.map(|chunk| (chunk, chunks)))
        });
        let archive = SyncIoBridge::new(StreamReader::new(Box::pin(chunks)));
        let failed = |source| EngineError::Export { reference: reference.to_owned(), source };
        let read = tokio::task::spawn_blocking(move || read(archive));
        match tokio::time::timeout(EXPORT, read).await {
            Ok(Ok(parts)) => {
                let (config, layers) = parts.map_err(failed)?;
                Ok(BasePart { name: reference.to_owned(), config, layers })
            }
            Ok(Err(ended)) => Err(failed(io::Error::other(ended).into())),
            Err(_) => Err(EngineError::Silent {
                doing: format!("export {reference}"),
                place: self.place.clone(),
                bound: EXPORT,
            }),
        }
    }
}

fn read(archive: impl io::Read) -> Result<(Bytes, Vec<BaseLayer>), ExportError> {
    let mut files = HashMap::new();
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = normal(&entry.path()?);
        let kind = entry.header().entry_type();
        if let Some(target) = entry.link_name()?.filter(|_| kind.is_symlink()) {
            let folder = path.parent().unwrap_or(Path::new(""));
            files.insert(path.clone(), File::Link(normal(&folder.join(target))));
        } else if kind.is_file() {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            files.insert(path, File::Bytes(bytes.into()));
        }
    }
    let manifest: Vec<Entry> = serde_json::from_slice(&file(&files, "manifest.json")?)?;
    let image = manifest.first().ok_or_else(|| ExportError::Lacks("image".to_owned()))?;
    let layer = |path: &String| {
        let bytes = file(&files, path)?;
        Ok(BaseLayer { media_type: media_type(&bytes), bytes })
    };
    let layers = image.layers.iter().map(layer).collect::<Result<_, ExportError>>()?;
    Ok((file(&files, &image.config)?, layers))
}

fn file(files: &HashMap<PathBuf, File>, path: &str) -> Result<Bytes, ExportError> {
    let mut next = normal(Path::new(path));
    for _ in 0..LINKS {
        match files.get(&next) {
            Some(File::Bytes(bytes)) => return Ok(bytes.clone()),
            Some(File::Link(target)) => next = target.clone(),
            None => break,
        }
    }
    Err(ExportError::Lacks(path.to_owned()))
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => normal.push(name),
            Component::ParentDir => {
                normal.pop();
            }
            _ => {}
        }
    }
    normal
}

/// Archives don't say how their layers are packed; their first bytes do.
fn media_type(layer: &[u8]) -> MediaType {
    match layer {
        [0x1f, 0x8b, ..] => MediaType::ImageLayerGzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => MediaType::ImageLayerZstd,
        _ => MediaType::ImageLayer,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            builder.append_data(&mut header, path, *bytes).unwrap();
        }
        for (path, target) in links {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            builder.append_link(&mut header, path, target).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn a_layer_that_an_older_engine_wrote_as_a_link_is_found() {
        let manifest =
            br#"[{"Config":"c.json","RepoTags":["a:b"],"Layers":["1/layer.tar","2/layer.tar"]}]"#;
        let files: [(&str, &[u8]); 3] =
            [("c.json", b"{}"), ("1/layer.tar", b"\x1f\x8bpacked"), ("manifest.json", manifest)];
        let (config, layers) =
            read(archive(&files, &[("2/layer.tar", "../1/layer.tar")]).as_slice()).unwrap();
        assert_eq!(config, "{}");
        let layers: Vec<_> = layers.iter().map(|it| (&it.media_type, it.bytes.as_ref())).collect();
        let layer: (&MediaType, &[u8]) = (&MediaType::ImageLayerGzip, b"\x1f\x8bpacked");
        assert_eq!(layers, [layer, layer]);
    }

    #[test]
    fn a_missing_part_is_named() {
        let manifest: &[u8] = br#"[{"Config":"c.json","Layers":["1/layer.tar"]}]"#;
        let files: [(&str, &[u8]); 2] = [("c.json", b"{}"), ("manifest.json", manifest)];
        let links = [("1/layer.tar", "../2/layer.tar"), ("2/layer.tar", "../1/layer.tar")];
        let error = read(archive(&files, &links).as_slice()).unwrap_err();
        assert_eq!(error.to_string(), "its archive has no `1/layer.tar`");
    }
}
