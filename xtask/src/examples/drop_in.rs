//! A program of rayon's is changed by its import alone, and prints the same, whatever runs it.

use std::fs;

use anyhow::{Context, ensure};

use super::Settings;
use crate::command::{cargo, read, root};
use crate::engine;

/// The same on threads and processes, and in containers where there is an engine.
pub(crate) fn run() -> anyhow::Result<()> {
    let expected = expected()?;
    for backend in super::BACKENDS {
        same_on(backend, &expected, &[])?;
    }
    let Ok(engine) = engine::ensure() else {
        println!("    containers are left out: no engine answers");
        return Ok(());
    };
    same_on("containers", &expected, &[])?;
    let left = engine.containers()?;
    ensure!(left.is_empty(), "containers were left behind:\n{left}");
    Ok(())
}

/// What the program prints with rayon, once it is clear that it differs by one line.
pub(super) fn expected() -> anyhow::Result<String> {
    let source = |name: &str| {
        let path = root().join("examples/drop_in").join(name);
        fs::read_to_string(&path).with_context(|| format!("{path:?} can't be read"))
    };
    let (theirs, ours) = (source("rayon.rs")?, source("lithops.rs")?);
    let unlike = theirs.lines().zip(ours.lines()).filter(|(theirs, ours)| theirs != ours);
    let expected = [("use rayon::prelude::*;", "use lithops::prelude::*;")];
    ensure!(unlike.eq(expected), "the two programs differ by more than their import");
    ensure!(theirs.lines().count() == ours.lines().count(), "one program is longer");
    printed("drop_in_rayon", &[])
}

/// The program prints the same over a backend.
pub(super) fn same_on(backend: &str, expected: &str, settings: &Settings) -> anyhow::Result<()> {
    let backend = [("LITHOPS_BACKEND", backend.to_owned())];
    let printed = printed("drop_in_lithops", &[&backend[..], settings].concat())?;
    ensure!(printed == expected, "with rayon:\n{expected}\nelse:\n{printed}");
    Ok(())
}

fn printed(example: &str, settings: &Settings) -> anyhow::Result<String> {
    let mut run = cargo(["run", "--quiet", "--release", "--package", "lithops", "--all-features"]);
    run.args(["--example", example]);
    run.envs(settings.iter().map(|(name, value)| (name, value)));
    read(run)
}
