//! Format, clippy, documentation and licences.

use crate::command::{cargo, run, works};
use crate::steps::Steps;

pub(crate) fn run_all(steps: &mut Steps) -> anyhow::Result<()> {
    steps.run("format", |_| run(cargo(["fmt", "--all", "--check"])));
    steps.run("clippy", |_| {
        run(cargo([
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ]))
    });
    steps.run("documentation", |_| {
        let mut doc = cargo(["doc", "--workspace", "--no-deps", "--all-features"]);
        doc.env("RUSTDOCFLAGS", "-D warnings");
        run(doc)
    });
    if !works(cargo(["deny", "--version"])) {
        steps.skip("licences", "cargo-deny is not installed");
        return Ok(());
    }
    // Advisories would need a database from the network.
    steps.run("licences", |_| run(cargo(["deny", "check", "bans", "licenses", "sources"])));
    Ok(())
}
