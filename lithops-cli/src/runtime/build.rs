//! `lithops runtime build`: from a program to an image.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use lithops_runtime::engine::{Engine, Presence};
use lithops_runtime::{Digest, Image, Layer, Needs, RuntimeFacts};

use super::contents::{self, Contents};
use crate::output::print;
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
    /// Where the engine is, as DOCKER_HOST would say it
    #[arg(long, value_name = "HOST")]
    pub(crate) engine: Option<String>,
    #[command(flatten)]
    pub(crate) contents: Contents,
}

pub(super) async fn build(arguments: Build) -> anyhow::Result<()> {
    let Build { program, contents, name, layout, engine } = arguments;
    let image = contents::image(program.as_deref(), contents, engine.as_deref()).await?;
    let report = match layout {
        Some(folder) => write(&image, &folder)?,
        None => load(&image, engine.as_deref(), name.as_deref()).await?,
    };
    print(&report)
}

fn write(image: &Image, folder: &Path) -> anyhow::Result<String> {
    let written = image.write_layout(folder);
    written.with_context(|| format!("the image can't be written to {}", folder.display()))?;
    let layers = image.layers().iter().map(|layer| {
        let packed = layer.packed();
        (layer, packed.bytes.len() as u64, &packed.digest)
    });
    let shown = shown(image, image.manifest_digest(), layers);
    Ok(format!("{shown}\nwritten to {}\n", folder.display()))
}

async fn load(image: &Image, engine: Option<&str>, name: Option<&str>) -> anyhow::Result<String> {
    let engine = Engine::connect(engine).await?;
    let presence = match engine.ensure(image).await? {
        Presence::Loaded => "loaded into",
        Presence::AlreadyThere => "already in",
    };
    if let Some(name) = name {
        engine.name(&image.reference(), name).await?;
    }
    let layers = image.layers().iter().map(|layer| {
        let found = layer.as_found();
        (layer, found.bytes.len() as u64, layer.diff_id())
    });
    let also = name.map_or(String::new(), |name| format!(", also as {name}"));
    let shown = shown(image, image.config_digest(), layers);
    Ok(format!("{shown}\n{presence} the engine at {}{also}\n", engine.place()))
}

/// What the image is, its reference in the first line.
fn shown<'a>(
    image: &Image,
    digest: &Digest,
    layers: impl Iterator<Item = (&'a Layer, u64, &'a Digest)>,
) -> String {
    let mut table = Table::new(["layer", "size", "digest"]);
    let mut total = 0;
    for (layer, size, digest) in layers {
        total += size;
        table.add([layer.content().to_string(), size::shown(size), digest.to_string()]);
    }
    let mut pairs = Table::pairs();
    let mut pair = |name: &str, value: String| pairs.add([name.to_owned(), value]);
    pair("digest", digest.to_string());
    pair("program", needs(image.needs()));
    pair("runs", runs(image.facts()));
    pair("size", size::shown(total));
    format!("{}\n{}\n{}", image.reference(), pairs.shown(), table.shown())
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
