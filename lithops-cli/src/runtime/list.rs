//! `lithops runtime list`: which images there are.

use anyhow::bail;
use clap::Args;
use futures::{StreamExt as _, TryStreamExt as _};
use lithops_runtime::Architecture;
use lithops_runtime::engine::Engine;
use lithops_runtime::registry::{RegistryError, Repository};

use super::listed::{self, Listed};
use crate::output::{print, remark};
use crate::settings::{Settings, Useless};

/// How many images a registry is asked about at a time.
const AT_A_TIME: usize = 8;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops runtime list
  lithops runtime list --registry registry.example.com/me/words --json")]
pub(crate) struct List {
    /// Where the engine is, as DOCKER_HOST would say it; as configured if nothing is said
    #[arg(long, value_name = "HOST")]
    pub(crate) engine: Option<String>,
    /// Show what is in this repository of a registry, and ask no engine
    #[arg(long, value_name = "REGISTRY/REPOSITORY", conflicts_with = "engine")]
    pub(crate) registry: Option<String>,
    /// Print JSON: an array with an object for each image
    #[arg(long)]
    pub(crate) json: bool,
}

pub(super) async fn list(arguments: List, settings: &Settings) -> anyhow::Result<()> {
    let (images, place) = match &arguments.registry {
        Some(reference) => {
            settings.refuse(&["runtime", "list"], &Useless::ALL)?;
            (in_registry(reference).await?, reference.clone())
        }
        None => {
            let engine = settings.engine(arguments.engine)?;
            let engine = Engine::connect(engine.as_deref()).await?;
            let images = engine.images().await?;
            let images = images.iter().flat_map(Listed::stored).collect();
            (images, format!("the engine at {}", engine.place()))
        }
    };
    if images.is_empty() {
        remark(&format!("no image of Lithops is in {place}"));
    }
    match arguments.json {
        true => print(&listed::json(&images)),
        false if images.is_empty() => Ok(()),
        false => print(&listed::table(&images)),
    }
}

async fn in_registry(reference: &str) -> anyhow::Result<Vec<Listed>> {
    let repository = Repository::open(reference).await?;
    if repository.is_exact() {
        bail!("`{reference}` is one image: name its repository, without a tag or digest");
    }
    let tags = repository.tags().await?;
    let found: Vec<Option<Listed>> = futures::stream::iter(&tags)
        .map(|tag| describe(repository.tagged(tag)))
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    let images: Vec<Listed> = found.into_iter().flatten().collect();
    match tags.len() - images.len() {
        0 => {}
        others => remark(&format!("{others} of {} tags are no images of Lithops", tags.len())),
    }
    Ok(images)
}

/// The image that is meant, if it is one of Lithops.
async fn describe(image: Repository) -> anyhow::Result<Option<Listed>> {
    match image.describe(&Architecture::current()).await {
        Ok(found) if found.program().is_some() => {
            Ok(Some(Listed::remote(&image.reference(), &found)))
        }
        // Another kind of thing has this tag, or it was deleted meanwhile.
        Ok(_) | Err(RegistryError::Base(_) | RegistryError::ImageMissing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
