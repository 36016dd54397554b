//! From what was said to an image.

use std::path::Path;

use anyhow::Context as _;
use lithops_runtime::engine::Engine;
use lithops_runtime::registry::Repository;
use lithops_runtime::{Architecture, Base, Image, Kind, Program, Recipe};

use super::launcher;
use crate::arguments::Contents;
use crate::output::remark;

/// The image of a program, or of a launcher; `engine` is where a base may come from.
pub(super) async fn image(
    program: Option<&Path>,
    contents: Contents,
    engine: Option<&str>,
) -> anyhow::Result<Image> {
    let program = match program {
        Some(path) => Program::read(path)?,
        None => Program::read(&launcher::find()?)?,
    };
    let base = base(&contents, &program.needs().architecture, engine).await?;
    let mut recipe = Recipe::new(program);
    if contents.launcher {
        recipe = recipe.kind(Kind::Launcher).usual_libraries();
    }
    if let Some(base) = base {
        recipe = recipe.base(base);
    }
    for (source, at) in contents.files {
        recipe = recipe.file(source, at);
    }
    for (name, value) in contents.environment {
        recipe = recipe.environment(name, value);
    }
    let image = recipe.build().context("the image can't be put together")?;
    image.notes().iter().for_each(|note| remark(&format!("note: {note}")));
    Ok(image)
}

async fn base(
    contents: &Contents,
    architecture: &Architecture,
    engine: Option<&str>,
) -> anyhow::Result<Option<Base>> {
    Ok(match (&contents.base, &contents.base_layout, &contents.base_image) {
        (Some(reference), ..) => {
            let repository = Repository::open(reference).await?;
            Some(repository.pull_base(architecture).await?)
        }
        (_, Some(folder), _) => Some(Base::Layout(folder.clone())),
        (.., Some(reference)) => Some(Engine::connect(engine).await?.export_base(reference).await?),
        (None, None, None) => None,
    })
}
