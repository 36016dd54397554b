//! `lithops runtime delete`: images are removed.

use anyhow::{anyhow, bail};
use clap::Args;
use clap::error::ErrorKind;
use lithops_runtime::Architecture;
use lithops_runtime::engine::{Engine, EngineError};
use lithops_runtime::registry::{RegistryError, Repository};

use crate::arguments::misused;
use crate::failure::told;
use crate::output::{print, remark};
use crate::settings::{Settings, Useless};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops runtime delete lithops/words:0123456789abcdef
  lithops runtime delete --registry registry.example.com/me/words:v1
  lithops runtime delete --registry --all registry.example.com/me/words

Images that Lithops has not made are never removed.")]
pub(crate) struct Delete {
    /// The images, by name; with `--registry --all`, repositories
    #[arg(value_name = "IMAGE", required_unless_present = "all")]
    pub(crate) references: Vec<String>,
    /// Remove all images of Lithops: those of the engine, or of the repositories
    #[arg(long)]
    pub(crate) all: bool,
    /// Remove them from their registry, with all tags of the same image, and not from the engine
    #[arg(long, conflicts_with = "engine")]
    pub(crate) registry: bool,
    /// Where the engine is, as DOCKER_HOST would say it; as configured if nothing is said
    #[arg(long, value_name = "HOST")]
    pub(crate) engine: Option<String>,
}

pub(super) async fn delete(arguments: Delete, settings: &Settings) -> anyhow::Result<()> {
    let Delete { references, all, registry, engine } = arguments;
    let wrong = match (registry, all, references.as_slice()) {
        (false, true, [_, ..]) => "--all removes each image of the engine: name none beside it",
        (true, true, []) => "--registry --all needs the repositories whose images are removed",
        (true, ..) => {
            settings.refuse(&["runtime", "delete"], &Useless::ALL)?;
            return in_registry(&references, all).await;
        }
        (false, ..) => {
            let engine = settings.engine(engine)?;
            return in_engine(&references, all, engine.as_deref()).await;
        }
    };
    Err(misused(&["runtime", "delete"], ErrorKind::ArgumentConflict, wrong).into())
}

async fn in_engine(references: &[String], all: bool, host: Option<&str>) -> anyhow::Result<()> {
    let engine = Engine::connect(host).await?;
    let names = if all { names(&engine).await? } else { references.to_vec() };
    let mut outcome = Outcome::default();
    for name in names {
        match engine.remove(&name).await {
            Ok(removed) if removed.deleted.is_empty() => {
                outcome.done.push(format!("removed the name {name}; its image has another"));
            }
            Ok(_) => outcome.done.push(format!("removed {name}")),
            // Somebody else was faster.
            Err(EngineError::ImageMissing { .. }) if all => {}
            Err(error) => outcome.failed.push(error.into()),
        }
    }
    outcome.report()
}

/// All names of all images of ours.
async fn names(engine: &Engine) -> anyhow::Result<Vec<String>> {
    let names = engine.images().await?.into_iter().flat_map(|image| match image.references {
        none if none.is_empty() => vec![image.id],
        references => references,
    });
    Ok(names.collect())
}

async fn in_registry(references: &[String], all: bool) -> anyhow::Result<()> {
    // What is meant is found out before anything is removed.
    let mut meant = Vec::new();
    for reference in references {
        let repository = Repository::open(reference).await?;
        match (all, repository.is_exact()) {
            (false, true) => meant.push(repository),
            (false, false) => bail!(
                "`{reference}` is a repository: name an image by its tag or digest, or say --all"
            ),
            (true, true) => bail!("`{reference}` is one image: leave --all out, or its tag"),
            (true, false) => {
                let tags = repository.tags().await?;
                meant.extend(tags.iter().map(|tag| repository.tagged(tag)));
            }
        }
    }
    let mut outcome = Outcome::default();
    let mut ours = Vec::new();
    for image in meant {
        match is_ours(&image).await {
            Ok(true) => ours.push(image),
            Ok(false) if all => outcome.kept += 1,
            Ok(false) => outcome.failed.push(anyhow!(
                "the image {} was not made by Lithops, so it is not removed",
                image.reference()
            )),
            // Some registries go on listing a tag whose image is gone.
            Err(RegistryError::ImageMissing { .. }) if all => {}
            // It is for other processors alone, or no image at all.
            Err(RegistryError::Base(_)) if all => outcome.kept += 1,
            Err(error) => outcome.failed.push(error.into()),
        }
    }
    for image in ours {
        let reference = image.reference();
        match image.delete().await {
            Ok(digest) => outcome.done.push(format!("removed {reference} ({digest})")),
            // It was there just now, so it went with an image that has several tags.
            Err(RegistryError::ImageMissing { .. }) => {
                outcome.done.push(format!("removed {reference}"));
            }
            Err(error) => outcome.failed.push(error.into()),
        }
    }
    outcome.report()
}

async fn is_ours(image: &Repository) -> Result<bool, RegistryError> {
    Ok(image.describe(&Architecture::current()).await?.program().is_some())
}

/// What became of all of them.
#[derive(Debug, Default)]
struct Outcome {
    done: Vec<String>,
    failed: Vec<anyhow::Error>,
    /// How many are not ours, and were not asked for by name.
    kept: usize,
}

impl Outcome {
    /// Tells what was done, then what was not; the last failure is that of the command.
    fn report(mut self) -> anyhow::Result<()> {
        let last = self.failed.pop();
        let lines: String = self.done.iter().map(|line| format!("{line}\n")).collect();
        let printed = print(&lines);
        if self.kept > 0 {
            remark(&format!("left {} that are no images of Lithops", self.kept));
        }
        self.failed.iter().for_each(|error| remark(&format!("error: {}", told(error))));
        match last {
            Some(error) => Err(error),
            None if self.done.is_empty() => {
                remark("there was nothing to remove");
                printed
            }
            None => printed,
        }
    }
}
