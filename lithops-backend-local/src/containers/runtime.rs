//! The image that containers are made of.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use lithops_core::ports::{ComputeError, ComputeErrorKind, StorageBackend};
use lithops_runtime::engine::{Engine, GiveError, Given, StoredImage};
use lithops_runtime::{Program, RuntimeFacts, check, label};
use lithops_worker::{LaunchOrder, upload_program};

use super::config::ContainerConfig;
use super::error::{because, error, from_engine};

const DEPLOY: &str = "make the runtime image";
const FIND: &str = "find the runtime image";

/// The image that containers are made of, in the engine.
#[derive(Debug)]
pub(super) struct Runtime {
    reference: String,
    /// What the engine calls it, whatever it makes of names.
    id: Mutex<String>,
    source: Source,
    /// What containers are told beside their task.
    environment: Vec<(&'static str, String)>,
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
        storage: Option<&Arc<dyn StorageBackend>>,
    ) -> Result<Self, ComputeError> {
        if let Some(reference) = config.image.clone() {
            let image = take(engine, &reference).await?;
            let mut environment = Vec::new();
            if image.labels.get(label::RUNTIME).is_some_and(|kind| kind == label::LAUNCHER) {
                let order = launch(&image, config.program.clone(), storage).await?;
                environment.extend(order.environment());
            }
            let id = Mutex::new(image.id);
            return Ok(Self { reference, id, source: Source::Name, environment });
        }
        let Given { reference, id } = give(engine, config.program.clone()).await?;
        let source = Source::Program(config.program.clone());
        Ok(Self { reference, id: Mutex::new(id), source, environment: Vec::new() })
    }

    /// Gives the engine the image once more, after it has lost it.
    pub(super) async fn restore(&self, engine: &Engine) -> Result<(), ComputeError> {
        let id = match &self.source {
            Source::Program(program) => give(engine, program.clone()).await?.id,
            Source::Name => take(engine, &self.reference).await?.id,
        };
        // Of the same name, and perhaps another: libraries of this machine may have changed.
        *self.id.lock().unwrap_or_else(PoisonError::into_inner) = id;
        Ok(())
    }

    /// What containers are told beside their task.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        self.environment.clone()
    }

    /// Its name, for people.
    pub(super) fn reference(&self) -> String {
        self.reference.clone()
    }

    /// Its name for the engine.
    pub(super) fn id(&self) -> String {
        self.id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Makes an image of a program and loads it.
async fn give(engine: &Engine, program: Option<PathBuf>) -> Result<Given, ComputeError> {
    engine.give(program).await.map_err(|source| match source {
        GiveError::Engine(source) => from_engine(DEPLOY, source),
        source @ GiveError::Interrupted(_) => because(ComputeErrorKind::Start, DEPLOY, source),
        source => because(ComputeErrorKind::Unsupported, DEPLOY, source),
    })
}

fn read(program: Option<PathBuf>) -> Result<Program, ComputeError> {
    let program = match program {
        Some(path) => Program::read(&path),
        None => Program::current(),
    };
    program.map_err(|source| because(ComputeErrorKind::Unsupported, DEPLOY, source))
}

/// Brings a program into storage for the launcher that `image` holds, if it can run there.
async fn launch(
    image: &StoredImage,
    program: Option<PathBuf>,
    storage: Option<&Arc<dyn StorageBackend>>,
) -> Result<LaunchOrder, ComputeError> {
    const LAUNCH: &str = "bring the program to its launcher";
    let refuse = |message: &str| Err(error(ComputeErrorKind::Unsupported, LAUNCH, message));
    let Some(storage) = storage else { return refuse("the executor has no storage") };
    let program = tokio::task::spawn_blocking(move || read(program)).await;
    let program = program.map_err(|source| because(ComputeErrorKind::Start, LAUNCH, source))??;
    let facts = RuntimeFacts::from_labels(&image.architecture.to_string(), &image.labels);
    let facts = facts.map_err(|e| because(ComputeErrorKind::Unsupported, LAUNCH, e))?;
    check(program.needs(), &facts)
        .map_err(|source| because(ComputeErrorKind::Unsupported, LAUNCH, source))?;
    let bytes = Bytes::copy_from_slice(program.stripped());
    let uploaded = upload_program(storage.as_ref(), bytes).await;
    let uploaded = uploaded.map_err(|source| because(ComputeErrorKind::Start, LAUNCH, source))?;
    tracing::debug!(program = %uploaded.program, sent = ?uploaded.sent, "the program is in storage");
    Ok(LaunchOrder { program: uploaded.program, storage: storage.location() })
}

/// Makes sure that the engine has an image of this name, and that it is a runtime.
async fn take(engine: &Engine, reference: &str) -> Result<StoredImage, ComputeError> {
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
        return Ok(image);
    }
    let message = format!(
        "the image {reference} holds no program of Lithops: make one that does upon it with \
         `lithops runtime build PROGRAM --base-image {reference}`"
    );
    Err(error(ComputeErrorKind::Unsupported, FIND, message))
}
