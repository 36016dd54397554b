//! Images of this very build of the program: an engine that has one need not be given another, and
//! one of an older build is of no use any more.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::MetadataExt;

use bollard::models::ImageSummary;
use bollard::query_parameters::ListImagesOptionsBuilder;
use lithops_core::function::build_id;
use lithops_core::ports::ComputeError;
use lithops_runtime::engine::{Engine, EngineError};

use super::error::{from_answer, from_engine};

/// The file that an image was made of.
const FILE: &str = "dev.lithops.made-of";
/// The build of it, and the state of what else is in the image.
const STATE: &str = "dev.lithops.made-from";

/// What else of this machine gets into images: libraries and certificates.
const INGREDIENTS: [&str; 2] = ["/etc/ld.so.cache", "/etc/ssl/certs/ca-certificates.crt"];

/// This build of the program, on this machine as it is.
#[derive(Clone, Debug)]
pub(super) struct Build {
    file: String,
    state: String,
}

impl Build {
    /// The build that this process runs; `None` if the linker gave it no id.
    pub(super) fn current() -> Option<Self> {
        let id = build_id();
        let file = fs::read_link("/proc/self/exe").ok()?;
        if id.is_empty() {
            return None;
        }
        let mut state = concat!("lithops ", env!("CARGO_PKG_VERSION"), ", build ").to_owned();
        for byte in id {
            write!(state, "{byte:02x}").ok()?;
        }
        for ingredient in INGREDIENTS {
            let found = fs::metadata(ingredient).map(|found| (found.size(), found.mtime()));
            let (size, changed) = found.unwrap_or_default();
            write!(state, ", {size} bytes of {changed}").ok()?;
        }
        let file = file.to_string_lossy();
        let file = file.strip_suffix(" (deleted)").unwrap_or(&file).to_owned();
        Some(Self { file, state })
    }

    /// What its images are labelled with.
    pub(super) fn labels(&self) -> [(&'static str, String); 2] {
        [(FILE, self.file.clone()), (STATE, self.state.clone())]
    }

    /// The name of its image and what the engine calls it, if it has one.
    pub(super) async fn find(
        &self,
        engine: &Engine,
    ) -> Result<Option<(String, String)>, ComputeError> {
        let label = format!("{STATE}={}", self.state);
        let found = labelled(engine, label).await?;
        let named = |image: ImageSummary| Some((image.repo_tags.into_iter().next()?, image.id));
        Ok(found.into_iter().find_map(named))
    }

    /// Removes the images of older builds of its file, which are not to be had any more. Those that
    /// containers are made of stay for now.
    pub(super) async fn replace(&self, engine: &Engine, newest: &str) -> Result<(), ComputeError> {
        let older = labelled(engine, format!("{FILE}={}", self.file)).await?;
        let older = older.into_iter().filter(|image| image.id != newest);
        for reference in older.flat_map(|image| image.repo_tags) {
            match engine.remove(&reference).await {
                Ok(_) => tracing::debug!(reference, "removed the image of an older build"),
                Err(EngineError::InUse { .. } | EngineError::ImageMissing { .. }) => {}
                Err(source) => return Err(from_engine("remove an older image", source)),
            }
        }
        Ok(())
    }
}

async fn labelled(engine: &Engine, label: String) -> Result<Vec<ImageSummary>, ComputeError> {
    let filters = HashMap::from([("label", vec![label])]);
    let options = ListImagesOptionsBuilder::new().filters(&filters).build();
    let found = engine.docker().list_images(Some(options)).await;
    found.map_err(|answer| from_answer("list images", answer))
}
