//! The image that containers are made of.

use std::path::PathBuf;
use std::sync::OnceLock;

use lithops_core::ports::{ComputeError, ComputeErrorKind};
use lithops_runtime::engine::Engine;
use lithops_runtime::{Image, Program, Recipe};

use super::config::ContainerConfig;
use super::error::{because, error, from_engine};

const DEPLOY: &str = "make the runtime image";
const FIND: &str = "find the runtime image";

/// What the image of this very program is called, once an engine has had it.
static OWN: OnceLock<String> = OnceLock::new();

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
        let own = OWN.get().filter(|_| config.program.is_none());
        if let Some(reference) = own {
            let found = engine.find(reference).await.map_err(|e| from_engine(FIND, e))?;
            if found.is_some() {
                let source = Source::Program(None);
                return Ok(Self { reference: reference.clone(), source });
            }
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
    let is_own = program.is_none();
    let made = tokio::task::spawn_blocking(move || make(program)).await;
    let image = made.map_err(|source| because(ComputeErrorKind::Start, DEPLOY, source))??;
    image.notes().iter().for_each(|note| tracing::warn!(%note, "the runtime image"));
    let presence = engine.ensure(&image).await.map_err(|source| from_engine(DEPLOY, source))?;
    let reference = image.reference();
    tracing::debug!(reference, ?presence, "the engine has the runtime image");
    if is_own {
        // Another executor of this process may have been quicker, with the same name.
        OWN.set(reference.clone()).ok();
    }
    Ok(reference)
}

fn make(program: Option<PathBuf>) -> Result<Image, ComputeError> {
    let program = match program {
        Some(path) => Program::read(&path),
        None => Program::current(),
    };
    let program = program.map_err(|e| because(ComputeErrorKind::Unsupported, DEPLOY, e))?;
    Recipe::new(program).build().map_err(|e| because(ComputeErrorKind::Unsupported, DEPLOY, e))
}

/// Makes sure that the engine has an image of this name, and that it is a runtime.
async fn take(engine: &Engine, reference: &str) -> Result<(), ComputeError> {
    let found = engine.find(reference).await.map_err(|source| from_engine(FIND, source))?;
    let image = match found {
        Some(image) => image,
        None => engine.pull(reference).await.map_err(|source| from_engine(FIND, source))?,
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
