//! The image that containers are made of.

use std::path::PathBuf;

use lithops_core::ports::{ComputeError, ComputeErrorKind};
use lithops_runtime::engine::Engine;
use lithops_runtime::{Image, Program, Recipe};

use super::build::Build;
use super::config::ContainerConfig;
use super::error::{because, error, from_engine};

const DEPLOY: &str = "make the runtime image";
const FIND: &str = "find the runtime image";

/// The image that containers are made of, in the engine.
#[derive(Debug)]
pub(super) struct Runtime {
    reference: String,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// Made of a program: this one, unless another is named.
    Program(Option<PathBuf>),
    /// Made by somebody else, and known by name.
    Name,
}

impl Runtime {
    /// Makes sure that the engine has the image: finds it, or makes and loads it, or pulls it.
    pub(super) async fn deploy(
        config: &ContainerConfig,
        engine: &Engine,
    ) -> Result<Self, ComputeError> {
        if let Some(reference) = config.image.clone() {
            take(engine, &reference).await?;
            return Ok(Self { reference, source: Source::Name });
        }
        let reference = give(engine, config.program.clone()).await?;
        Ok(Self { reference, source: Source::Program(config.program.clone()) })
    }

    /// Gives the engine the image once more, after it has lost it.
    pub(super) async fn restore(&self, engine: &Engine) -> Result<(), ComputeError> {
        match &self.source {
            Source::Program(program) => give(engine, program.clone()).await.map(drop),
            Source::Name => take(engine, &self.reference).await,
        }
    }

    pub(super) fn reference(&self) -> String {
        self.reference.clone()
    }
}

/// Makes an image of a program and loads it; gives its name.
async fn give(engine: &Engine, program: Option<PathBuf>) -> Result<String, ComputeError> {
    let own = if program.is_none() { Build::current() } else { None };
    if let Some(own) = &own
        && let Some(reference) = own.find(engine).await?
    {
        return Ok(reference);
    }
    let build = own.clone();
    let made = tokio::task::spawn_blocking(move || make(program, build)).await;
    let image = made.map_err(|source| because(ComputeErrorKind::Start, DEPLOY, source))??;
    image.notes().iter().for_each(|note| tracing::warn!(%note, "the runtime image"));
    let presence = engine.ensure(&image).await.map_err(|source| from_engine(DEPLOY, source))?;
    let reference = image.reference();
    tracing::debug!(reference, ?presence, "the engine has the runtime image");
    if let Some(own) = own {
        own.replace(engine, &reference).await?;
    }
    Ok(reference)
}

fn make(program: Option<PathBuf>, build: Option<Build>) -> Result<Image, ComputeError> {
    let program = match program {
        Some(path) => Program::read(&path),
        None => Program::current(),
    };
    let program = program.map_err(|e| because(ComputeErrorKind::Unsupported, DEPLOY, e))?;
    let labels = build.iter().flat_map(Build::labels);
    let recipe =
        labels.fold(Recipe::new(program), |recipe, (name, value)| recipe.label(name, value));
    recipe.build().map_err(|e| because(ComputeErrorKind::Unsupported, DEPLOY, e))
}

/// Makes sure that the engine has an image of this name, and that it is a runtime.
async fn take(engine: &Engine, reference: &str) -> Result<(), ComputeError> {
    let found = engine.find(reference).await.map_err(|source| from_engine(FIND, source))?;
    let image = match found {
        Some(image) => image,
        // Whoever names an image wants to know at once that it can't be had.
        None => engine
            .pull(reference)
            .await
            .map_err(|source| because(ComputeErrorKind::Unsupported, FIND, source))?,
    };
    if image.is_ours() {
        return Ok(());
    }
    let message = format!(
        "the image {reference} holds no program of Lithops: make one that does upon it with \
         `lithops runtime build --base {reference}`"
    );
    Err(error(ComputeErrorKind::Unsupported, FIND, message))
}
