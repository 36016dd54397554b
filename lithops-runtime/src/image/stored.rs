//! An image that was built before, from its parts.

use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use oci_spec::image::{ImageConfiguration, MediaType};

use super::config::PROGRAM;
use super::{Blob, Image, label, name};
use crate::base::Opened;
use crate::program::Elf;
use crate::{
    Architecture, Base, BaseError, BasePart, FactsError, Needs, ProgramError, RuntimeFacts,
};

/// Why the parts of an image are none of this library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoredError {
    /// Its labels say that it was not made by this library.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// Its parts don't belong together.
    #[error(transparent)]
    Base(#[from] BaseError),
    /// Its program is damaged.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// It has no program.
    #[error("no layer of it has a program at `{PROGRAM}`")]
    NoProgram,
    /// A layer can't be read.
    #[error("a layer of it can't be unpacked: {0}")]
    Layer(#[from] io::Error),
}

impl Image {
    /// The image of these parts, if it was made by this library.
    pub(crate) fn of_parts(parts: BasePart) -> Result<Self, StoredError> {
        let parsed: Result<ImageConfiguration, _> = serde_json::from_slice(&parts.config);
        let config = parsed.map_err(|source| BaseError::Document {
            name: parts.name.clone(),
            document: "configuration",
            source,
        })?;
        let facts = RuntimeFacts::from_config(&config)?;
        let labels = config.labels_of_config().cloned().unwrap_or_default();
        let program = labels.get(label::PROGRAM).map_or("", String::as_str);
        let name = name::of_program(program);
        let needs = needs(&parts)?;
        let bytes = Blob::new(MediaType::ImageConfig, parts.config.clone());
        let architecture = Architecture::from(config.architecture().to_string().as_str());
        let opened = Opened::of(Base::Parts(parts), &architecture)?;
        Ok(Self::new(name, needs, facts, Vec::new(), bytes, opened.layers))
    }
}

/// What the program needs: it is in the highest layer that has a file of its name.
fn needs(parts: &BasePart) -> Result<Needs, StoredError> {
    let path = Path::new(PROGRAM);
    for layer in parts.layers.iter().rev() {
        let plain: Box<dyn Read + '_> = match layer.media_type {
            MediaType::ImageLayerGzip => Box::new(MultiGzDecoder::new(&*layer.bytes)),
            _ => Box::new(&*layer.bytes),
        };
        for entry in tar::Archive::new(plain).entries()? {
            let mut entry = entry?;
            if Path::new("/").join(entry.path()?) == path {
                let mut program = Vec::new();
                entry.read_to_end(&mut program)?;
                return Ok(Elf::read(path, &program)?.needs);
            }
        }
    }
    Err(StoredError::NoProgram)
}
