//! `lithops runtime push`: an image to a registry.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use clap::error::ErrorKind;
use lithops_runtime::Image;
use lithops_runtime::engine::{Engine, EngineError};
use lithops_runtime::registry::{Pushed, Repository};
use serde_json::json;

use super::contents::{self, Contents};
use crate::arguments::misused;
use crate::output::print;
use crate::settings::Settings;
use crate::size;
use crate::table::Table;

#[derive(Debug, Args)]
#[command(
    // Two that are needed, but with `--launcher` the second alone. What clap has for this fails when
    // an option stands between them.
    override_usage = "lithops runtime push [OPTIONS] <PROGRAM|IMAGE> <REGISTRY/REPOSITORY[:TAG]>",
    after_help = "\
Examples:
  lithops runtime push target/release/words registry.example.com/me/words
  lithops runtime push lithops/words:0123456789abcdef registry.example.com/me/words:v1
  lithops runtime push --launcher registry.example.com/me/launcher"
)]
pub(crate) struct Push {
    /// A program, whose image is made and sent without an engine; else an image of the engine. With
    /// `--launcher` it can be left out
    #[arg(value_name = "PROGRAM|IMAGE")]
    first: String,
    /// Where to: the tag is that of the content if none is said, and never `latest` by itself
    #[arg(value_name = "REGISTRY/REPOSITORY[:TAG]")]
    second: Option<String>,
    /// Where the engine is, as DOCKER_HOST would say it; as configured if nothing is said
    #[arg(long, value_name = "HOST")]
    pub(crate) engine: Option<String>,
    /// Print JSON: an object with the reference, the digest, and what was sent
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) contents: Contents,
}

impl Push {
    /// What is pushed, if it was said, and where to.
    pub(crate) fn source_and_target(&self) -> Result<(Option<&str>, &str), clap::Error> {
        let (source, place) = match (&self.second, self.contents.launcher) {
            (Some(second), _) => (Some(self.first.as_str()), second),
            (None, true) => (None, &self.first),
            (None, false) => {
                let told = format!("where to? Say it after `{}`", self.first);
                return Err(misused(
                    &["runtime", "push"],
                    ErrorKind::MissingRequiredArgument,
                    &told,
                ));
            }
        };
        match target(place) {
            Ok(()) => Ok((source, place)),
            Err(why) => {
                let told = format!("nothing is pushed to `{place}`: {why}");
                Err(misused(&["runtime", "push"], ErrorKind::ValueValidation, &told))
            }
        }
    }
}

pub(super) async fn push(arguments: Push, settings: &Settings) -> anyhow::Result<()> {
    let (source, target) = arguments.source_and_target()?;
    // Who the user is there is found out before anything is made.
    let repository = Repository::open(target).await?;
    let source = source.map(Source::of);
    let Push { contents, engine, json, .. } = arguments;
    let engine = settings.engine(engine)?;
    let image = match source {
        Some(Source::Stored(reference)) => stored(&reference, &contents, engine.as_deref()).await?,
        Some(Source::Program(path)) => {
            contents::image(Some(&path), contents, engine.as_deref()).await?
        }
        None => contents::image(None, contents, engine.as_deref()).await?,
    };
    let pushed = repository.push(&image).await?;
    print(&if json { as_json(&pushed) } else { shown(&pushed) })
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
        return Err(misused(&["runtime", "push"], ErrorKind::ArgumentConflict, &told).into());
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

fn as_json(pushed: &Pushed) -> String {
    let told = json!({
        "reference": pushed.reference,
        "digest": pushed.digest.to_string(),
        "layers_sent": pushed.layers_sent,
        "layers_present": pushed.layers_present,
        "bytes_sent": pushed.bytes_sent,
    });
    format!("{told}\n")
}

fn target(text: &str) -> Result<(), &'static str> {
    let first = text.split_once('/').map(|(first, _)| first);
    // As everywhere: what has neither dot nor port is no host, but a name in Docker Hub.
    let host = first.filter(|host| host.contains(['.', ':']) || *host == "localhost");
    match host {
        _ if text.contains('@') => Err("a digest is what a push comes to; say a tag, or none"),
        Some(_) => Ok(()),
        None => Err("it has to begin with the registry, such as docker.io/me/words"),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_pushed_to_a_registry_that_nobody_named() {
        for good in ["docker.io/me/words", "localhost/words:v1", "127.0.0.1:5000/words"] {
            target(good).unwrap();
        }
        for wrong in ["words", "me/words:v1", "quay.io/me/words@sha256:00"] {
            target(wrong).unwrap_err();
        }
    }

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
