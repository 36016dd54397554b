//! Runtime images of Lithops: an OCI image assembled in the process, from the program itself.
//!
//! A worker in a container is the user's own program. A [`Program`] is its executable, read and
//! stripped; a [`Recipe`] says what else goes into the image; an [`Image`] has the layers, ready to
//! be loaded by an engine or pushed to a registry. No engine, shell or network takes part.
//!
//! ```
//! use lithops_runtime::{Program, Recipe};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let program = Program::current()?;
//! let image = Recipe::new(program).environment("RUST_LOG", "info").build()?;
//! assert!(image.name().starts_with("lithops/"));
//! assert_eq!(image.tag().len(), 16);
//! # Ok(())
//! # }
//! ```
//!
//! Images are reproducible: the same program, files and base give the same bytes, wherever and
//! whenever they are put together. [`check`] tells whether a program can run in an image that was
//! made for another one.

mod base;
mod closure;
#[cfg(feature = "user")]
mod credentials;
mod digest;
#[cfg(feature = "user")]
mod docker_config;
#[cfg(feature = "engine")]
pub mod engine;
mod facts;
mod image;
mod program;
#[cfg(feature = "user")]
mod reference;
#[cfg(feature = "registry")]
pub mod registry;

pub use base::{Base, BaseError, BaseLayer, BasePart};
pub use closure::{ClosureError, Library, closure};
#[cfg(feature = "user")]
pub use credentials::{Credentials, CredentialsError};
#[cfg(feature = "user")]
pub use docker_config::UserFileError;
pub use facts::{FactsError, Incompatible, RuntimeFacts, check};
#[cfg(feature = "engine")]
pub use image::StoredError;
pub use image::{
    Archive, Blob, CERTIFICATE_BUNDLES, Content, Image, ImageError, Kind, Layer, Note, Recipe,
    label,
};
pub use oci_spec::image::{Digest, MediaType};
pub use program::{Architecture, GlibcVersion, Needs, NotAVersion, Program, ProgramError};
