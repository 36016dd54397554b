//! Base images: what an image can stand on.

mod error;
mod layout;
mod offer;
mod opened;
mod tree;

use std::path::PathBuf;

use bytes::Bytes;
use oci_spec::image::MediaType;

pub use error::BaseError;
pub(crate) use offer::Offer;
pub(crate) use opened::Opened;
pub(crate) use tree::{Node, Tree};

/// An image that another one stands on.
///
/// Its layers are taken as they are. What its configuration says of environment, labels, user and
/// working folder holds on.
#[derive(Clone, Debug)]
pub enum Base {
    /// An OCI image layout: a folder with `oci-layout`, `index.json` and `blobs`. Of several images
    /// in it, the first for the program's architecture is taken.
    Layout(PathBuf),
    /// Its parts, as a registry or an engine gave them.
    Parts(BasePart),
}

/// The parts of a base image.
#[derive(Clone, Debug)]
pub struct BasePart {
    /// What it is called, for errors.
    pub name: String,
    /// The image configuration, as JSON.
    pub config: Bytes,
    /// Its layers, the lowest first.
    pub layers: Vec<BaseLayer>,
}

/// One layer of a base image.
#[derive(Clone, Debug)]
pub struct BaseLayer {
    /// What its bytes are: a tar file, plain or packed by gzip. Docker's types are known too.
    pub media_type: MediaType,
    /// The layer, as its origin has it.
    pub bytes: Bytes,
}
