//! `lithops config import`.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use lithops::Config;

use crate::output::{print, remark};

/// Its owner alone may read it: there may be secrets in it.
const OWNERS: u32 = 0o600;

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
    let mut options = File::options();
    options.write(true).mode(OWNERS);
    let options = if replace { options.create(true) } else { options.create_new(true) };
    let mut file = match options.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{shown} is there already: --force replaces it")
        }
        opened => opened.with_context(|| format!("{shown} can't be written"))?,
    };
    // One that was there keeps its mode, and its text until nobody else can read what follows.
    file.set_permissions(Permissions::from_mode(OWNERS))
        .and_then(|()| file.set_len(0))
        .and_then(|()| file.write_all(text.as_bytes()))
        .with_context(|| format!("{shown} can't be written"))
}
