//! `lithops runtime push`: an image to a registry.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::error::ErrorKind;
use lithops_runtime::Image;
use lithops_runtime::engine::{Engine, EngineError};
use lithops_runtime::registry::{Pushed, Repository};

use super::contents;
use crate::arguments::{Contents, Push, misused};
use crate::output::print;
use crate::size;
use crate::table::Table;

pub(super) async fn push(arguments: Push) -> anyhow::Result<()> {
    let (source, target) = arguments.source_and_target()?;
    // Who the user is there is found out before anything is made.
    let repository = Repository::open(target).await?;
    let source = source.map(Source::of);
    let Push { contents, engine, .. } = arguments;
    let image = match source {
        Some(Source::Stored(reference)) => stored(&reference, &contents, engine.as_deref()).await?,
        Some(Source::Program(path)) => {
            contents::image(Some(&path), contents, engine.as_deref()).await?
        }
        None => contents::image(None, contents, engine.as_deref()).await?,
    };
    print(&shown(&repository.push(&image).await?))
}

/// What is pushed.
#[derive(Debug, PartialEq, Eq)]
enum Source {
    Program(PathBuf),
    /// An image of the engine.
    Stored(String),
}

impl Source {
    /// A file of this machine is a program, and so is what can only be a path.
    fn of(said: &str) -> Self {
        let is_path = said.starts_with(['/', '.']) || Path::new(said).is_file();
        if is_path { Self::Program(said.into()) } else { Self::Stored(said.to_owned()) }
    }
}

async fn stored(
    reference: &str,
    contents: &Contents,
    engine: Option<&str>,
) -> anyhow::Result<Image> {
    if contents.changes_anything() {
        let told = format!(
            "`{reference}` is no program of this machine, and to an image of the engine nothing is \
             added: leave the options out, or name the program's file"
        );
        return Err(misused("push", ErrorKind::ArgumentConflict, &told).into());
    }
    let no_file = || format!("`{reference}` is no file of this machine, so an image is meant");
    let engine = Engine::connect(engine).await.with_context(no_file)?;
    match engine.export(reference).await {
        Err(error @ (EngineError::ImageMissing { .. } | EngineError::Reference { .. })) => {
            bail!("`{reference}` is neither a program of this machine nor an image: {error}")
        }
        image => Ok(image?),
    }
}

impl Contents {
    /// Whether the image would be another one.
    fn changes_anything(&self) -> bool {
        self.base.is_some()
            || self.base_layout.is_some()
            || self.base_image.is_some()
            || !self.files.is_empty()
            || !self.environment.is_empty()
            || self.launcher
    }
}

/// What was sent and what was there, the reference in the first line.
fn shown(pushed: &Pushed) -> String {
    let count = |layers: usize| format!("{layers} layer{}", if layers == 1 { "" } else { "s" });
    let (sent, present) = (count(pushed.layers_sent), count(pushed.layers_present));
    let sent = match pushed.bytes_sent {
        0 => "nothing".to_owned(),
        bytes => format!("{sent}, {}", size::shown(bytes)),
    };
    let mut pairs = Table::pairs();
    pairs.add(["digest".to_owned(), pushed.digest.to_string()]);
    pairs.add(["sent".to_owned(), sent]);
    pairs.add(["was there".to_owned(), present]);
    format!("{}\n{}", pushed.reference, pairs.shown())
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn what_is_no_file_and_no_path_is_an_image() {
        for path in ["/no/such/program", "./words", "../words", "Cargo.toml"] {
            assert_eq!(Source::of(path), Source::Program(path.into()));
        }
        for image in ["lithops/words:0123456789abcdef", "words", "src"] {
            assert_eq!(Source::of(image), Source::Stored(image.to_owned()));
        }
    }
}
