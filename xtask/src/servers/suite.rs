//! The steps that run the tests of each server.

use std::process::Command;

use super::{SERVERS, Server, Suite, not_here, start};
use crate::command::{run_tests, tests};
use crate::steps::Steps;

/// The servers that a worker is sent to which has nothing but a file of settings.
const SEEN_FROM_FAR_AWAY: [&str; 3] = ["seaweedfs", "radosgw", "redis"];

impl Suite {
    /// The tests, without what `cargo test` has for the tests themselves.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Storages => "servers",
            Self::Registries => "registry",
        }
    }

    fn step(self, server: &str) -> String {
        match self {
            Self::Storages => format!("storage servers: {server}"),
            Self::Registries => format!("image servers: {server}"),
        }
    }

    fn command(self, server: &str) -> Command {
        let mut suite = tests(Some(self.name()));
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
        suite.env(variable, address);
        run_tests(suite, cases)?;
        if SEEN_FROM_FAR_AWAY.contains(&server.name) {
            let mut workers = tests(Some("far_away"));
            workers.arg("--").arg(format!("{}::", server.name)).env(variable, address);
            run_tests(workers, cases)?;
        }
        if server.name != "seaweedfs" {
            return Ok(());
        }
        let mut peak = tests(Some("peak_memory"));
        peak.env("LITHOPS_TEST_PEAK_MEMORY", "1").env(variable, address);
        run_tests(peak, cases)?;
        let mut doctor = tests(Some("doctor"));
        doctor.args(["--", "real"]).envs(started.as_environment());
        run_tests(doctor, cases)
    });
    Ok(())
}
