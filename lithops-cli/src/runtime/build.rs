//! `lithops runtime build`: from a program to an image.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use lithops_runtime::engine::{Engine, Presence};
use lithops_runtime::{Digest, Image, Needs, RuntimeFacts};
use serde_json::json;

use super::contents::{self, Contents};
use crate::output::print;
use crate::settings::Settings;
use crate::size;
use crate::table::Table;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops runtime build target/release/words
  lithops runtime build target/release/words --base debian:12 --file models:/opt/models
  lithops runtime build --launcher --layout launcher-image")]
pub(crate) struct Build {
    /// The program: the path of an executable for Linux
    #[arg(required_unless_present = "launcher")]
    pub(crate) program: Option<PathBuf>,
    /// Give the image this name too; it always has one that tells its content
    #[arg(long, value_name = "NAME:TAG", value_parser = tagged, conflicts_with = "layout")]
    pub(crate) name: Option<String>,
    /// Write an OCI image layout into this folder, and load nothing; needs no engine
    #[arg(long, value_name = "FOLDER")]
    pub(crate) layout: Option<PathBuf>,
    /// Where the engine is, as DOCKER_HOST would say it; as configured if nothing is said
    #[arg(long, value_name = "HOST")]
    pub(crate) engine: Option<String>,
    /// Print JSON: an object with the reference, the digest and the layers
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) contents: Contents,
}

pub(super) async fn build(arguments: Build, settings: &Settings) -> anyhow::Result<()> {
    let Build { program, contents, name, layout, engine, json } = arguments;
    let engine = settings.engine(engine)?;
    let image = contents::image(program.as_deref(), contents, engine.as_deref()).await?;
    let built = match layout {
        Some(folder) => write(&image, &folder)?,
        None => load(&image, engine.as_deref(), name).await?,
    };
    print(&if json { built.json(&image) } else { built.shown(&image) })
}

/// An image, as it came to where it is.
struct Built {
    digest: Digest,
    /// The content of each layer, its bytes and its digest.
    layers: Vec<(String, u64, Digest)>,
    place: Place,
}

enum Place {
    Folder(String),
    Engine { place: String, was_there: bool, name: Option<String> },
}

fn write(image: &Image, folder: &Path) -> anyhow::Result<Built> {
    let written = image.write_layout(folder);
    written.with_context(|| format!("the image can't be written to {}", folder.display()))?;
    let layers = image.layers().iter().map(|layer| {
        let packed = layer.packed();
        (layer.content().to_string(), packed.bytes.len() as u64, packed.digest.clone())
    });
    let (layers, place) = (layers.collect(), Place::Folder(folder.display().to_string()));
    Ok(Built { digest: image.manifest_digest().clone(), layers, place })
}

async fn load(image: &Image, engine: Option<&str>, name: Option<String>) -> anyhow::Result<Built> {
    let engine = Engine::connect(engine).await?;
    let was_there = engine.ensure(image).await? == Presence::AlreadyThere;
    if let Some(name) = &name {
        engine.name(&image.reference(), name).await?;
    }
    let layers = image.layers().iter().map(|layer| {
        let found = layer.as_found();
        (layer.content().to_string(), found.bytes.len() as u64, layer.diff_id().clone())
    });
    let place = Place::Engine { place: engine.place().to_string(), was_there, name };
    Ok(Built { digest: image.config_digest().clone(), layers: layers.collect(), place })
}

impl Built {
    fn size(&self) -> u64 {
        self.layers.iter().map(|(_, size, _)| size).sum()
    }

    /// What the image is, its reference in the first line, and where it is.
    fn shown(&self, image: &Image) -> String {
        let mut table = Table::new(["layer", "size", "digest"]);
        for (content, size, digest) in &self.layers {
            table.add([content.clone(), size::shown(*size), digest.to_string()]);
        }
        let mut pairs = Table::pairs();
        let mut pair = |name: &str, value: String| pairs.add([name.to_owned(), value]);
        pair("digest", self.digest.to_string());
        pair("program", needs(image.needs()));
        pair("runs", runs(image.facts()));
        pair("size", size::shown(self.size()));
        let place = match &self.place {
            Place::Folder(folder) => format!("written to {folder}"),
            Place::Engine { place, was_there, name } => {
                let how = if *was_there { "already in" } else { "loaded into" };
                let also = name.as_ref().map_or(String::new(), |name| format!(", also as {name}"));
                format!("{how} the engine at {place}{also}")
            }
        };
        format!("{}\n{}\n{}\n{place}\n", image.reference(), pairs.shown(), table.shown())
    }

    fn json(&self, image: &Image) -> String {
        let layers = self.layers.iter().map(|(content, size, digest)| {
            json!({ "content": content, "size": size, "digest": digest.to_string() })
        });
        let mut told = json!({
            "reference": image.reference(),
            "digest": self.digest.to_string(),
            "size": self.size(),
            "layers": layers.collect::<Vec<_>>(),
        });
        match &self.place {
            Place::Folder(folder) => told["layout"] = json!(folder),
            Place::Engine { place, was_there, name } => {
                told["engine"] = json!(place);
                told["loaded"] = json!(!was_there);
                told["name"] = json!(name);
            }
        }
        format!("{told}\n")
    }
}

/// What the program needs.
fn needs(needs: &Needs) -> String {
    if needs.is_static() {
        return "static: needs no library".to_owned();
    }
    let glibc = needs.glibc.map(|version| format!("glibc {version}"));
    let needed: Vec<String> = glibc.into_iter().chain(needs.libraries.iter().cloned()).collect();
    format!("needs {}", needed.join(", "))
}

/// Which programs the image can run.
fn runs(facts: &RuntimeFacts) -> String {
    match facts.glibc {
        Some(version) => format!("programs for {}, glibc {version} or older", facts.architecture),
        None => format!("static programs for {}", facts.architecture),
    }
}

fn tagged(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((name, tag)) if !name.is_empty() && !tag.is_empty() && !tag.contains('/') => {
            Ok(text.to_owned())
        }
        _ => Err("it has to be NAME:TAG".to_owned()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_no_tag() {
        tagged("localhost:5000/words:v1").unwrap();
        for wrong in ["words", "localhost:5000/words", ":v1", "words:"] {
            tagged(wrong).unwrap_err();
        }
    }
}
