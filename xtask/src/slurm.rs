//! `cargo xtask slurm`: a cluster for tests, examples and a bench, and for whoever works on this tree.

use anyhow::Context;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::command::{cargo, run as run_command};
use crate::servers::{self, Slurm};
use crate::steps::Steps;
use crate::{examples, tests};

/// Runs the tests that need a cluster, and examples by configuration alone.
pub(crate) fn run(steps: &mut Steps) {
    tests::run_on_slurm(steps);
    on_a_cluster(steps, "slurm: examples", examples::slurm::run);
}

/// Compares calls with bare array jobs.
pub(crate) fn bench(steps: &mut Steps) {
    on_a_cluster(steps, "slurm: bench", |cluster| {
        let mut bench = cargo(["bench", "--package", "lithops", "--all-features"]);
        bench.args(["--bench", "slurm"]).envs(cluster.environment());
        run_command(bench)
    });
}

fn on_a_cluster(steps: &mut Steps, name: &str, step: fn(&Slurm) -> anyhow::Result<()>) {
    match servers::slurm_not_here() {
        Some(missing) => steps.skip(name, &missing),
        None => steps.run(name, |_| step(&Slurm::start()?)),
    }
}

/// Starts a cluster, says how to use it, and stops it when interrupted.
pub(crate) fn until_interrupted() -> anyhow::Result<()> {
    // From here on, Ctrl-C only ends the waiting; the cluster is stopped in any case.
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("cannot listen for Ctrl-C")?;
    let cluster = Slurm::start()?;
    println!();
    for (variable, value) in cluster.environment() {
        println!("export {variable}={value}");
    }
    println!();
    println!("# in another terminal:");
    println!("sinfo");
    println!("cargo test --workspace --all-features --test slurm");
    println!("Ctrl-C stops the cluster and its jobs");
    signals.forever().next();
    Ok(())
}
