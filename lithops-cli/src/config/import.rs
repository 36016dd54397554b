//! `lithops config import`.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use lithops::Config;

use crate::output::{print, remark};
use crate::written::{Link, OWNERS, whole};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops config import ~/.lithops/config
  lithops config import lithops.yaml --output lithops.toml

Secrets are taken over, so only its owner can read the file that is written.")]
pub(crate) struct Import {
    /// The YAML file
    file: PathBuf,
    /// Write this file; without it the settings are printed
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file, if there is one
    #[arg(long, requires = "output")]
    force: bool,
}

pub(crate) fn run(arguments: &Import) -> anyhow::Result<()> {
    let text = Config::yaml_to_toml(&arguments.file)?;
    let Some(output) = &arguments.output else { return print(&text) };
    write(output, &text, arguments.force)?;
    remark(&format!("{} is written; `lithops doctor` tries it", output.display()));
    Ok(())
}

fn write(path: &Path, text: &str, replace: bool) -> anyhow::Result<()> {
    let shown = path.display();
    let written = match replace {
        true => whole(path, text.as_bytes(), OWNERS, Link::Replaced),
        false => File::options()
            .write(true)
            .mode(OWNERS)
            .create_new(true)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes())),
    };
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{shown} is there already: --force replaces it")
        }
        written => written.with_context(|| format!("{shown} can't be written")),
    }
}
