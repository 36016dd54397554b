//! Storages outside of the workspace: each builds with its own lock file and passes the suite.

use anyhow::bail;

use crate::command::{command, root, run, run_tests, target};
use crate::machine;
use crate::servers;
use crate::steps::Steps;

/// What `native-tls` is built with.
const HEADERS: &[&str] = &["libssl-dev", "pkg-config"];

/// Builds the rusoto adapter and runs its tests over SeaweedFS.
pub(crate) fn rusoto(steps: &mut Steps) -> anyhow::Result<()> {
    const STEP: &str = "adapter rusoto";
    if let Some(missing) = servers::not_here("seaweedfs")? {
        steps.skip(STEP, &missing);
        return Ok(());
    }
    steps.run(STEP, |cases| {
        if !crate::command::works(command("pkg-config", ["--exists", "openssl"])) {
            machine::install_packages(HEADERS)?;
        }
        let folder = root().join("adapters/rusoto");
        let cargo = |arguments: &[&str]| {
            let mut cargo = crate::command::cargo(arguments);
            cargo.current_dir(&folder).env("CARGO_TARGET_DIR", target().join("adapters"));
            cargo
        };
        run(cargo(&["clippy", "--locked", "--all-targets", "--", "-D", "warnings"]))?;
        run_tests(cargo(&["test", "--locked", "--lib"]), cases)?;
        let started = servers::start_named(&["seaweedfs"])?;
        let Some(server) = started.first() else { bail!("seaweedfs was not started") };
        let mut suite = cargo(&["test", "--locked", "--test", "suite"]);
        suite.env("LITHOPS_TEST_ENDPOINT", server.endpoint());
        suite.env("AWS_ACCESS_KEY_ID", servers::ACCESS_KEY);
        suite.env("AWS_SECRET_ACCESS_KEY", servers::SECRET_KEY);
        run_tests(suite, cases)
    });
    Ok(())
}
