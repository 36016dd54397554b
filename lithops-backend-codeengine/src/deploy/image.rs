//! The image: named by the user, or made of the program and brought where Code Engine finds it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use lithops_core::ports::{ComputeError, ComputeErrorKind, StorageBackend};
use lithops_runtime::engine::{Engine, EngineError, GiveError};
use lithops_runtime::registry::{RegistryError, Repository};
use lithops_runtime::{Credentials, Image, Program, ProgramError, Recipe};
use lithops_worker::{LaunchOrder, upload_program};

use super::unusable;
use crate::config::{CodeEngineConfig, ImageDelivery};
use crate::refused::because;
use crate::request::EnvVar;

const DELIVER: &str = "bring the runtime image to Code Engine";
const LAUNCH: &str = "bring the program to its launcher";

/// An image that Code Engine can pull.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) reference: String,
    /// What launchers are told beside their task.
    pub(super) launch: Vec<EnvVar>,
}

pub(super) async fn deliver(
    config: &CodeEngineConfig,
    storage: Option<&Arc<dyn StorageBackend>>,
) -> Result<Delivered, ComputeError> {
    let launch = if config.launcher { launch(config, storage).await? } else { Vec::new() };
    let reference = match (&config.runtime, &config.delivery) {
        (Some(reference), _) => reference.clone(),
        (None, ImageDelivery::Engine { at }) => give(config, at.as_deref()).await?,
        (None, ImageDelivery::Registry) => push(config).await?,
    };
    Ok(Delivered { reference, launch })
}

/// Gives the image to the engine of this machine.
async fn give(config: &CodeEngineConfig, at: Option<&str>) -> Result<String, ComputeError> {
    let engine = Engine::connect(at).await.map_err(from_engine)?;
    let given = engine.give(config.program.clone()).await.map_err(|source| match source {
        GiveError::Engine(source) => from_engine(source),
        source @ GiveError::Interrupted(_) => because(ComputeErrorKind::Start, DELIVER, source),
        source => because(ComputeErrorKind::Unsupported, DELIVER, source),
    })?;
    Ok(given.reference)
}

fn from_engine(source: EngineError) -> ComputeError {
    let transient = source.is_transient();
    let kind =
        if transient { ComputeErrorKind::Unavailable } else { ComputeErrorKind::Unsupported };
    because(kind, DELIVER, source)
}

/// Pushes the image to the registry; gives the name that it can be pulled by.
async fn push(config: &CodeEngineConfig) -> Result<String, ComputeError> {
    let registry = &config.registry;
    let Some(namespace) = registry.namespace() else {
        return Err(unusable(
            DELIVER,
            "nobody knows where in the registry images go: say `docker_user` and `docker_password` \
             (and `docker_namespace`) in the section `[code_engine]`, or the name of an image in \
             `runtime`",
        ));
    };
    let program = config.program.clone();
    let made = tokio::task::spawn_blocking(move || make(program.as_deref())).await;
    let image = made.map_err(|source| because(ComputeErrorKind::Start, DELIVER, source))??;
    image.notes().iter().for_each(|note| tracing::warn!(%note, "the runtime image"));
    let name = image.name().rsplit('/').next().unwrap_or_default();
    let place = format!("{}/{namespace}/lithops-{name}", registry.server);
    let repository = match registry.user() {
        Some((username, password)) => {
            let (username, password) = (username.to_owned(), password.clone());
            Repository::open_as(&place, &Credentials::Password { username, password })
        }
        None => Repository::open(&place).await,
    };
    let repository = repository.map_err(from_registry)?;
    let pushed = repository.push(&image).await.map_err(from_registry)?;
    tracing::debug!(image = pushed.reference, sent = pushed.bytes_sent, "the image is pushed");
    Ok(pushed.reference)
}

fn from_registry(source: RegistryError) -> ComputeError {
    let kind = match &source {
        RegistryError::Denied { .. } => ComputeErrorKind::Denied,
        source if source.is_transient() => ComputeErrorKind::Unavailable,
        _ => ComputeErrorKind::Unsupported,
    };
    because(kind, DELIVER, source)
}

fn make(program: Option<&Path>) -> Result<Image, ComputeError> {
    let program = read(program).map_err(|e| because(ComputeErrorKind::Unsupported, DELIVER, e))?;
    let built = Recipe::new(program).build();
    let image = built.map_err(|e| because(ComputeErrorKind::Unsupported, DELIVER, e))?;
    // Packs the layers here, where it may take its time.
    image.manifest();
    Ok(image)
}

fn read(program: Option<&Path>) -> Result<Program, ProgramError> {
    match program {
        Some(path) => Program::read(path),
        None => Program::current(),
    }
}

/// Brings the program into storage for the launcher.
async fn launch(
    config: &CodeEngineConfig,
    storage: Option<&Arc<dyn StorageBackend>>,
) -> Result<Vec<EnvVar>, ComputeError> {
    let Some(storage) = storage else {
        return Err(unusable(LAUNCH, "the executor has no storage"));
    };
    let program: Option<PathBuf> = config.program.clone();
    let read = tokio::task::spawn_blocking(move || {
        Ok(Bytes::copy_from_slice(read(program.as_deref())?.stripped()))
    });
    let read = read.await.map_err(|source| because(ComputeErrorKind::Start, LAUNCH, source))?;
    let bytes = read
        .map_err(|source: ProgramError| because(ComputeErrorKind::Unsupported, LAUNCH, source))?;
    let uploaded = upload_program(storage.as_ref(), bytes).await;
    let uploaded = uploaded.map_err(|source| because(ComputeErrorKind::Start, LAUNCH, source))?;
    tracing::debug!(program = %uploaded.program, sent = ?uploaded.sent, "the program is in storage");
    let order = LaunchOrder { program: uploaded.program, storage: storage.location() };
    Ok(order.environment().map(|(name, value)| EnvVar::literal(name, value)).into())
}
