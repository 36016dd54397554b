//! The fuzz targets: each is built, and run for some seconds from its seeds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::command::{cargo, command, output, read, root, run, target, works};
use crate::steps::Steps;

/// How long each target runs where nobody says otherwise.
pub(crate) const SECONDS: u32 = 60;
/// How long each runs among all other checks: long enough for the seeds and what is near them.
const BRIEFLY: u32 = 3;
/// The version that this was tried with.
const CARGO_FUZZ: &str = "0.13.2";
/// The longest input, in bytes: what is longer repeats itself.
const LONGEST: u32 = 4096;
/// Seconds that one input may take.
const SLOW: u32 = 10;
/// Mebibytes that a target may have. What one decoder may take, it counts itself.
const MEMORY: u32 = 2048;

/// Runs all targets briefly.
pub(crate) fn run_briefly(steps: &mut Steps) -> anyhow::Result<()> {
    run_all(steps, BRIEFLY)
}

/// Runs each target for so many seconds.
pub(crate) fn run_all(steps: &mut Steps, seconds: u32) -> anyhow::Result<()> {
    const BUILD: &str = "fuzz: build";
    if let Err(missing) = ensure() {
        steps.skip(BUILD, &format!("{missing:#}"));
        return Ok(());
    }
    let mut built = false;
    steps.run(BUILD, |_| {
        run(fuzz(&["build", "--codegen-units", "16"]))?;
        built = true;
        Ok(())
    });
    if !built {
        return Ok(());
    }
    for name in targets()? {
        steps.run(&format!("fuzz: {name}"), |_| run_target(&name, seconds));
    }
    Ok(())
}

/// Installs what builds fuzz targets, if it is not there.
fn ensure() -> anyhow::Result<()> {
    if works(cargo(["fuzz", "--version"])) {
        return Ok(());
    }
    let mut install = cargo(["install", "cargo-fuzz", "--locked", "--version", CARGO_FUZZ]);
    install.env("CARGO_TARGET_DIR", target().join("tools"));
    run(install).context("cargo-fuzz is not here and can't be installed")
}

/// `cargo fuzz`, on a stable toolchain: it takes the flags of the compiler by which coverage is
/// counted, which are not promised to stay.
///
/// Without a sanitizer of addresses: what is read is read by safe code, and it would double the time
/// of the build. `cargo fuzz run` by hand has it.
fn fuzz(arguments: &[&str]) -> Command {
    let mut fuzz = cargo(["fuzz"]);
    let (subcommand, rest) = arguments.split_at(1);
    fuzz.args(subcommand).args(["--sanitizer", "none", "--target-dir"]).arg(folder()).args(rest);
    fuzz.env("RUSTC_BOOTSTRAP", "1");
    // Else the lock file would be looked for, and the target folder, in those of the workspace.
    fuzz.env_remove("CARGO_TARGET_DIR");
    fuzz
}

fn folder() -> PathBuf {
    target().join("fuzz")
}

/// The names of the targets, by their files.
fn targets() -> anyhow::Result<Vec<String>> {
    let listed = read(cargo(["fuzz", "list"]))?;
    let names: Vec<String> = listed.lines().map(str::to_owned).collect();
    if names.is_empty() {
        bail!("there are no fuzz targets");
    }
    Ok(names)
}

/// Runs a target from its seeds; what it finds beside them stays in the target folder.
fn run_target(name: &str, seconds: u32) -> anyhow::Result<()> {
    let found = folder().join("corpus").join(name);
    let findings = folder().join("findings").join(name);
    let seeds = root().join("fuzz/corpus").join(name);
    fs::create_dir_all(&found)?;
    fs::create_dir_all(&findings)?;
    if fs::read_dir(&seeds).is_ok_and(|seeds| seeds.count() == 0) || !seeds.exists() {
        bail!("{} has no seeds: `cargo run --example seeds` in `fuzz` makes them", seeds.display());
    }
    let mut fuzzed = command(program(name)?, [&found, &seeds]);
    fuzzed.arg(format!("-max_total_time={seconds}"));
    fuzzed.arg(format!("-max_len={LONGEST}"));
    fuzzed.arg(format!("-timeout={SLOW}"));
    fuzzed.arg(format!("-rss_limit_mb={MEMORY}"));
    // A folder: what is appended is the name of the finding.
    fuzzed.arg(format!("-artifact_prefix={}/", findings.display()));
    let ran = output(fuzzed)?;
    // It tells all it has to tell there.
    let told = String::from_utf8_lossy(&ran.stderr);
    if !ran.status.success() {
        let last: Vec<&str> = told.lines().rev().take(60).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        bail!("{name} has found something, in {}:\n{}", findings.display(), last.join("\n"));
    }
    let end = told.lines().rev().find(|line| line.contains("DONE") || line.starts_with("Done"));
    let coverage = told.lines().rev().find(|line| line.contains("cov: "));
    for line in [coverage, end].into_iter().flatten() {
        println!("    {}", line.trim());
    }
    Ok(())
}

/// Where a target was built.
fn program(name: &str) -> anyhow::Result<PathBuf> {
    let host = read(command("rustc", ["-vV"]))?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).context("no host")?;
    let program = folder().join(host).join("release").join(name);
    if !Path::new(&program).exists() {
        bail!("{} was not built", program.display());
    }
    Ok(program)
}
