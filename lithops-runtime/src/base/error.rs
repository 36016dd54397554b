//! Why a base image can't be used.

use std::path::PathBuf;

use oci_spec::image::Digest;

use crate::Architecture;

/// Why a base image can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaseError {
    /// A file of the image layout can't be read.
    #[error("{} of the base image can't be read: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A document of the image is not what the OCI specification says.
    #[error("the {document} of the base image `{name}` can't be understood: {source}")]
    Document {
        /// Which image.
        name: String,
        /// Which document: `index`, `manifest` or `configuration`.
        document: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The folder has no image for the program's architecture.
    #[error("the base image `{name}` has no variant for {wanted}; it has: {}", found.join(", "))]
    NoVariant {
        /// Which image.
        name: String,
        /// What the program was built for.
        wanted: Architecture,
        /// What there is.
        found: Vec<String>,
    },
    /// The base is for another architecture than the program.
    #[error("the base image `{name}` is for {found}, and the program for {wanted}")]
    Architecture {
        /// Which image.
        name: String,
        /// What the program was built for.
        wanted: Architecture,
        /// What the base is for.
        found: Architecture,
    },
    /// Bytes are not those that the image names.
    #[error("a part of the base image `{name}` is damaged: it should be {expected} and is {found}")]
    Digest {
        /// Which image.
        name: String,
        /// What the image names.
        expected: String,
        /// What was read.
        found: Digest,
    },
    /// The configuration names more or fewer layers than there are.
    #[error("the base image `{name}` has {found} layers, and its configuration names {expected}")]
    LayerCount {
        /// Which image.
        name: String,
        /// How many the configuration names.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A layer is packed in a way that not every engine unpacks.
    #[error(
        "a layer of the base image `{name}` is of type `{media_type}`, and older engines only unpack \
         gzip: convert the image, for example by `skopeo copy --dest-compress-format gzip`"
    )]
    Compression {
        /// Which image.
        name: String,
        /// What its bytes are.
        media_type: String,
    },
    /// A layer can't be unpacked.
    #[error("layer {number} of the base image `{name}` can't be unpacked: {source}")]
    Layer {
        /// Which image.
        name: String,
        /// Its number, the lowest is 0.
        number: usize,
        /// Why.
        source: std::io::Error,
    },
}
