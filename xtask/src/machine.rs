//! What the checks need on a Debian machine beside a Rust toolchain, installed when it is missing.

use crate::command::{cargo, command, run, works};
use crate::steps::Steps;

/// A program that a check starts.
struct Tool {
    program: &'static str,
    package: &'static str,
    why: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool { program: "cc", package: "gcc", why: "links every program" },
    Tool { program: "ld.bfd", package: "binutils", why: "a linker of the matrix" },
    Tool { program: "ld.lld", package: "lld", why: "a linker of the matrix" },
    Tool { program: "mold", package: "mold", why: "a linker of the matrix" },
];

/// Installs what is missing, or says what it leaves out and why.
pub(crate) fn install(steps: &mut Steps) -> anyhow::Result<()> {
    steps.run("tools", |_| {
        components()?;
        packages()
    });
    Ok(())
}

fn components() -> anyhow::Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if works(cargo([subcommand, "--version"])) {
            println!("    {component} is there");
        } else {
            run(command("rustup", ["component", "add", component]))?;
        }
    }
    Ok(())
}

fn packages() -> anyhow::Result<()> {
    let mut missing = Vec::new();
    for Tool { program, package, why } in TOOLS {
        if works(command(program, ["--version"])) {
            println!("    {program} is there ({why})");
        } else {
            println!("    {program} is missing ({why}), Debian's package {package} has it");
            missing.push(*package);
        }
    }
    install_packages(&missing)
}

/// Installs Debian's packages of these names, or says that it can't.
pub(crate) fn install_packages(missing: &[&str]) -> anyhow::Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() || !works(command("apt-get", ["--version"])) {
        println!("    not installed, that takes root and apt: {}", missing.join(" "));
        return Ok(());
    }
    let mut update = command("apt-get", ["update", "--quiet=2"]);
    update.env("DEBIAN_FRONTEND", "noninteractive");
    run(update)?;
    let options = ["install", "--quiet=2", "--yes", "--no-install-recommends"];
    let mut install = command("apt-get", options.iter().chain(missing));
    install.env("DEBIAN_FRONTEND", "noninteractive");
    run(install)
}

pub(crate) fn is_root() -> bool {
    let Ok(output) = command("id", ["-u"]).output() else { return false };
    output.stdout == b"0\n"
}
