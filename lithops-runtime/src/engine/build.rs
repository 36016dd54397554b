//! Images of this very build of the program: an engine that has one need not be given another, and
//! one of an older build is of no use any more.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use bollard::models::ImageSummary;
use bollard::query_parameters::ListImagesOptionsBuilder;
use lithops_core::function::build_id;

use super::{Engine, EngineError, REQUEST};
use crate::CERTIFICATE_BUNDLES;

/// The file that an image was made of.
const FILE: &str = "dev.lithops.made-of";
/// The build of it, and the state of what else is in the image.
const STATE: &str = "dev.lithops.made-from";

/// Where images that are made on the spot have their names: `lithops/PROGRAM:TAG`.
const OWN: &str = "lithops/";

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
        for ingredient in ingredients() {
            let Ok(found) = fs::metadata(&ingredient) else { continue };
            write!(state, ", {} {} {}", ingredient.display(), found.size(), found.mtime()).ok()?;
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
    ) -> Result<Option<(String, String)>, EngineError> {
        let label = format!("{STATE}={}", self.state);
        let found = labelled(engine, label).await?;
        let named = |image: ImageSummary| Some((own_name(&image)?.to_owned(), image.id));
        Ok(found.into_iter().find_map(named))
    }

    /// Removes the images of older builds of its file, which are not to be had any more. Those that
    /// containers are made of stay for now.
    pub(super) async fn replace(&self, engine: &Engine, newest: &str) -> Result<(), EngineError> {
        let older = labelled(engine, format!("{FILE}={}", self.file)).await?;
        for image in older.iter().filter(|image| image.id != newest) {
            // What stands upon such an image has its labels, and is somebody's own.
            let Some(reference) = own_name(image) else { continue };
            match engine.remove(reference).await {
                Ok(_) => tracing::debug!(reference, "removed the image of an older build"),
                Err(EngineError::InUse { .. } | EngineError::ImageMissing { .. }) => {}
                Err(source) => return Err(source),
            }
        }
        Ok(())
    }
}

/// Files of this machine that get into an image beside the program: certificates, and the libraries
/// that this process has loaded.
fn ingredients() -> BTreeSet<PathBuf> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let code = maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|m| m.contains('x')));
    let loaded = code.filter_map(|line| Some(PathBuf::from(&line[line.find('/')?..])));
    let libraries = loaded.filter(|path| path.to_string_lossy().contains(".so"));
    let told = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    libraries.chain(told).chain(CERTIFICATE_BUNDLES.map(PathBuf::from)).collect()
}

/// The name of an image that was made on the spot, by which it is known by its content; `None` for
/// an image that somebody has made of one, or has named.
fn own_name(image: &ImageSummary) -> Option<&str> {
    let digits = image.id.strip_prefix("sha256:").unwrap_or(&image.id).get(..16)?;
    let is_own = |name: &&str| {
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        let Some((repository, tag)) = name.rsplit_once(':') else { return false };
        repository.starts_with(OWN) && tag == digits
    };
    image.repo_tags.iter().map(String::as_str).find(is_own)
}

async fn labelled(engine: &Engine, label: String) -> Result<Vec<ImageSummary>, EngineError> {
    let filters = HashMap::from([("label", vec![label])]);
    let options = ListImagesOptionsBuilder::new().filters(&filters).build();
    engine.ask("list images", REQUEST, engine.docker().list_images(Some(options))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(names: &[&str]) -> ImageSummary {
        let repo_tags = names.iter().map(|name| (*name).to_owned()).collect();
        let id = "sha256:0123456789abcdef0123".to_owned();
        ImageSummary { id, repo_tags, ..ImageSummary::default() }
    }

    #[test]
    fn only_a_name_made_of_the_content_is_our_own() {
        let own = "lithops/app:0123456789abcdef";
        assert_eq!(own_name(&image(&["mine/app:prod", own])), Some(own));
        let podman = "docker.io/lithops/app:0123456789abcdef";
        assert_eq!(own_name(&image(&[podman])), Some(podman));
        // Made of ours, with its labels; or ours, named for a push.
        for other in ["mine/app:0123456789abcdef", "lithops/app:prod", "<none>:<none>"] {
            assert_eq!(own_name(&image(&[other])), None);
        }
    }

    #[test]
    fn the_libraries_of_this_process_are_ingredients() {
        let found = ingredients();
        let is_libc = |path: &PathBuf| path.to_string_lossy().contains("libc.so");
        assert!(found.iter().any(is_libc), "{found:?}");
    }
}
