//! The step that runs the storage suite over each server.

use super::{SERVERS, Server, not_here, start};
use crate::command::{cargo, run_tests};
use crate::steps::Steps;

/// Runs the suite over each server that can be had. In CI some of them must be.
pub(crate) fn run_all(steps: &mut Steps) -> anyhow::Result<()> {
    for server in SERVERS {
        run_one(steps, server)?;
    }
    Ok(())
}

fn run_one(steps: &mut Steps, server: &Server) -> anyhow::Result<()> {
    let step = format!("storage servers: {}", server.name);
    if let Some(missing) = not_here(server.name)? {
        steps.skip(&step, &missing);
        return Ok(());
    }
    steps.run(&step, |cases| {
        let started = start(server)?;
        let (variable, address) = started.variable();
        // Cases of other servers have no server now. Backtraces are those of the harness.
        let filter = format!("{}::", server.name);
        let mut suite = cargo(["test", "--package", "lithops-storage", "--all-features"]);
        suite.args(["--test", "servers", "--"]).arg(filter);
        suite.env(variable, address).env("RUST_BACKTRACE", "0");
        run_tests(suite, cases)?;
        if server.name != "seaweedfs" {
            return Ok(());
        }
        let mut peak = cargo(["test", "--package", "lithops-storage", "--all-features"]);
        peak.args(["--test", "peak_memory"]).env("LITHOPS_TEST_PEAK_MEMORY", "1");
        peak.env(variable, address);
        run_tests(peak, cases)
    })
}
