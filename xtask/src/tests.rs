//! The tests themselves, and the facade without its default features.

use crate::command::{cargo, run, run_tests, tests};
use crate::engine;
use crate::servers;
use crate::steps::Steps;

pub(crate) fn run_all(steps: &mut Steps) -> anyhow::Result<()> {
    steps.run("facade without default features", |_| {
        run(cargo(["check", "--package", "lithops", "--no-default-features"]))
    });
    // Without one, what takes containers is ignored.
    let _engine = engine::ensure();
    // The package left out has a step of its own: it takes a server.
    steps.run("tests", |cases| {
        let mut tests = tests(None);
        tests.args(["--exclude", "lithops-on-code-engine", "--no-fail-fast"]);
        run_tests(tests, cases)
    });
    Ok(())
}

/// Runs what takes a container engine.
pub(crate) fn run_in_containers(steps: &mut Steps) -> anyhow::Result<()> {
    let _engine = match engine::ensure() {
        Ok(engine) => engine,
        Err(missing) => {
            steps.skip("containers", &missing.to_string());
            return Ok(());
        }
    };
    steps.run("containers", |cases| run_tests(tests(Some("containers")), cases));
    Ok(())
}

/// Runs the suite of backends once more, with jobs in buckets of a real S3 server.
pub(crate) fn run_over_s3(steps: &mut Steps) -> anyhow::Result<()> {
    steps.run("backends over S3", |cases| {
        let server = servers::start_named(&["seaweedfs"])?.remove(0);
        let mut suite = tests(Some("backends"));
        suite.args(["--", "processes_through_storage::"]);
        suite.env("LITHOPS_TEST_JOBS_IN_S3", "yes").envs(server.as_environment());
        run_tests(suite, cases)
    });
    Ok(())
}

/// Runs pools, processes and shared objects over threads, and over processes and a real Redis server.
pub(crate) fn run_multiprocessing(steps: &mut Steps) -> anyhow::Result<()> {
    if let Some(missing) = servers::not_here("redis")? {
        steps.skip("multiprocessing", &missing);
        return Ok(());
    }
    steps.run("multiprocessing", |cases| {
        let server = servers::start_named(&["redis"])?.remove(0);
        let (variable, address) = server.variable();
        let mut suite = tests(Some("multiprocessing"));
        suite.env(variable, address);
        run_tests(suite, cases)
    });
    Ok(())
}

/// Runs calls on an emulator of Code Engine, with jobs in buckets of a real S3 server.
pub(crate) fn run_on_code_engine(steps: &mut Steps) -> anyhow::Result<()> {
    // Without one, what takes containers is ignored.
    let _engine = engine::ensure();
    steps.run("Code Engine: calls", |cases| {
        let server = servers::start_named(&["seaweedfs"])?.remove(0);
        let mut suite = tests(Some("codeengine"));
        suite.envs(server.as_environment());
        run_tests(suite, cases)
    });
    Ok(())
}

/// Runs calls on a cluster of Slurm.
pub(crate) fn run_on_slurm(steps: &mut Steps) {
    if let Some(missing) = servers::slurm_not_here() {
        steps.skip("slurm", &missing);
        return;
    }
    steps.run("slurm", |cases| {
        let cluster = servers::Slurm::start()?;
        let mut suite = tests(Some("slurm"));
        // Slurm takes its time, not the processors'.
        suite.args(["--", "--test-threads=8"]);
        suite.envs(cluster.environment());
        let redis = servers::start_named(&["redis"]);
        match &redis {
            Ok(servers) => {
                suite.envs(servers.iter().map(servers::Started::variable));
            }
            Err(error) => println!("    without clients by SSH: {error:#}"),
        }
        run_tests(suite, cases)
    });
}
