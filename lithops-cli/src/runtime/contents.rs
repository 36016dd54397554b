//! From what was said to an image.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use lithops_runtime::engine::Engine;
use lithops_runtime::registry::Repository;
use lithops_runtime::{Architecture, Base, Image, Kind, Program, Recipe};

use super::launcher;
use crate::output::remark;

/// What goes into an image beside its program.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the image is made of")]
pub(crate) struct Contents {
    /// Stand on this image of a registry
    #[arg(long, value_name = "IMAGE", conflicts_with_all = ["base_layout", "base_image"])]
    pub(crate) base: Option<String>,
    /// Stand on the image in this folder, an OCI image layout
    #[arg(long, value_name = "FOLDER", conflicts_with = "base_image")]
    pub(crate) base_layout: Option<PathBuf>,
    /// Stand on this image of the engine
    #[arg(long, value_name = "IMAGE")]
    pub(crate) base_image: Option<String>,
    /// Add a file or folder of this machine, at an absolute path of the image; can be said again
    #[arg(long = "file", value_name = "SOURCE:TARGET", value_parser = file)]
    pub(crate) files: Vec<(PathBuf, PathBuf)>,
    /// Set a variable of the environment, which all who have the image can read; can be said again
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) environment: Vec<(String, String)>,
    /// Make an image for all programs: its own is a launcher, which fetches others from storage
    ///
    /// The libraries that programs usually need are put in. The launcher is PROGRAM, or
    /// `lithops-worker` beside this command if none is named.
    #[arg(long)]
    pub(crate) launcher: bool,
}

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

fn file(text: &str) -> Result<(PathBuf, PathBuf), String> {
    match text.rsplit_once(':') {
        Some((source, target)) if !source.is_empty() && target.starts_with('/') => {
            Ok((source.into(), target.into()))
        }
        _ => Err("it has to be SOURCE:TARGET, and TARGET begins with a slash".to_owned()),
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it has to be NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_divided_at_the_last_colon() {
        assert_eq!(file("a:b:/c").unwrap(), ("a:b".into(), "/c".into()));
        for wrong in ["a", ":/c", "a:", "a:c"] {
            file(wrong).unwrap_err();
        }
    }
    #[test]
    fn a_variable_may_be_empty_but_not_its_name() {
        assert_eq!(variable("A=b=c").unwrap(), ("A".to_owned(), "b=c".to_owned()));
        assert_eq!(variable("A=").unwrap(), ("A".to_owned(), String::new()));
        for wrong in ["A", "=b", ""] {
            variable(wrong).unwrap_err();
        }
    }
}
