//! The steps that run the tests of each server.

use std::process::Command;

use super::{SERVERS, Server, Suite, not_here, start};
use crate::command::{cargo, run_tests};
use crate::steps::Steps;

/// The servers that a worker is sent to which has nothing but a file of settings.
const SEEN_FROM_FAR_AWAY: [&str; 3] = ["seaweedfs", "radosgw", "redis"];

impl Suite {
    /// The tests, without what `cargo test` has for the tests themselves.
    pub(super) fn arguments(self) -> Vec<&'static str> {
        let (packages, test): (&[&str], _) = match self {
            Self::Storages => (&["lithops-storage"], "servers"),
            Self::Registries => {
                (&["lithops-runtime", "lithops-cli", "lithops-codeengine-emulator"], "registry")
            }
        };
        let packages = packages.iter().flat_map(|package| ["--package", package]);
        ["test"].into_iter().chain(packages).chain(["--all-features", "--test", test]).collect()
    }

    fn step(self, server: &str) -> String {
        match self {
            Self::Storages => format!("storage servers: {server}"),
            Self::Registries => format!("image servers: {server}"),
        }
    }

    fn command(self, server: &str) -> Command {
        let mut suite = cargo(self.arguments());
        if self == Self::Storages {
            // Cases of other servers have no server now.
            suite.arg("--").arg(format!("{server}::"));
        }
        suite
    }
}

/// Runs the suite of each server that can be had. In CI some of them must be.
pub(crate) fn run_all(steps: &mut Steps) -> anyhow::Result<()> {
    for server in SERVERS {
        run_one(steps, server)?;
    }
    Ok(())
}

fn run_one(steps: &mut Steps, server: &Server) -> anyhow::Result<()> {
    let step = server.suite.step(server.name);
    if let Some(missing) = not_here(server.name)? {
        steps.skip(&step, &missing);
        return Ok(());
    }
    steps.run(&step, |cases| {
        let started = start(server)?;
        let (variable, address) = started.variable();
        let mut suite = server.suite.command(server.name);
        // Backtraces are those of the harness.
        suite.env(variable, address).env("RUST_BACKTRACE", "0");
        run_tests(suite, cases)?;
        if SEEN_FROM_FAR_AWAY.contains(&server.name) {
            let mut workers = cargo(["test", "--package", "lithops-storage", "--all-features"]);
            workers.args(["--test", "far_away", "--"]).arg(format!("{}::", server.name));
            workers.env(variable, address).env("RUST_BACKTRACE", "0");
            run_tests(workers, cases)?;
        }
        if server.name != "seaweedfs" {
            return Ok(());
        }
        let mut peak = cargo(["test", "--package", "lithops-storage", "--all-features"]);
        peak.args(["--test", "peak_memory"]).env("LITHOPS_TEST_PEAK_MEMORY", "1");
        peak.env(variable, address);
        run_tests(peak, cases)?;
        let mut doctor =
            cargo(["test", "--package", "lithops-cli", "--test", "doctor", "--", "real"]);
        doctor.envs(started.as_environment()).env("RUST_BACKTRACE", "0");
        run_tests(doctor, cases)
    });
    Ok(())
}
