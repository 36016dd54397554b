//! Giving an engine the image of a program: the way from a program to what containers are made of.

use std::path::{Path, PathBuf};

use super::build::Build;
use super::error::Missing;
use super::{Engine, EngineError};
use crate::{Image, ImageError, Program, ProgramError, Recipe};

/// The image of a program, in an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its name, such as `lithops/words:0123456789abcdef`.
    pub reference: String,
    /// What the engine calls it.
    pub id: String,
}

/// Why an engine has no image of a program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GiveError {
    /// The program can't be taken.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The image can't be put together.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The engine does not take it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The thread that made it has ended early.
    #[error("the image was not made: {0}")]
    Interrupted(#[source] tokio::task::JoinError),
}

impl Engine {
    /// Makes sure that the engine has an image of `program`; of this very program, unless named.
    ///
    /// An image of this very build that was given before is found by one request, and not made again.
    /// A new one takes the place of those of older builds of the same file, but for those in use.
    ///
    /// # Errors
    /// [`GiveError`] with what is wrong with the program, the image or the engine.
    pub async fn give(&self, program: Option<PathBuf>) -> Result<Given, GiveError> {
        let own = if program.is_none() { Build::current() } else { None };
        if let Some(own) = &own
            && let Some((reference, id)) = own.find(self).await?
        {
            return Ok(Given { reference, id });
        }
        let build = own.clone();
        let made = tokio::task::spawn_blocking(move || make(program.as_deref(), build.as_ref()));
        let image = made.await.map_err(GiveError::Interrupted)??;
        image.notes().iter().for_each(|note| tracing::warn!(%note, "the runtime image"));
        let presence = self.ensure(&image).await?;
        let reference = image.reference();
        tracing::debug!(reference, ?presence, "the engine has the runtime image");
        let gone = || {
            let lack = Missing::Engine(self.place().clone());
            EngineError::ImageMissing { reference: reference.clone(), lack }
        };
        let id = self.find(&reference).await?.ok_or_else(gone)?.id;
        if let Some(own) = own {
            own.replace(self, &id).await?;
        }
        Ok(Given { reference, id })
    }
}

fn make(program: Option<&Path>, build: Option<&Build>) -> Result<Image, GiveError> {
    let program = match program {
        Some(path) => Program::read(path)?,
        None => Program::current()?,
    };
    let labels = build.into_iter().flat_map(Build::labels);
    let recipe =
        labels.fold(Recipe::new(program), |recipe, (name, value)| recipe.label(name, value));
    Ok(recipe.build()?)
}
