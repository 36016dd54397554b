//! The tests themselves, and the facade without its default features.

use crate::command::{cargo, run, run_tests};
use crate::engine;
use crate::servers;
use crate::steps::Steps;

pub(crate) fn run_all(steps: &mut Steps) -> anyhow::Result<()> {
    steps.run("facade without default features", |_| {
        run(cargo(["check", "--package", "lithops", "--no-default-features"]))
    });
    // Without further features, as in a plain `cargo test`: what the compiler says of a mistake
    // depends on what else is there. The package left out has a step of its own.
    steps.run("tests", |cases| {
        let test = ["test", "--workspace", "--exclude", "lithops-on-code-engine"];
        let mut tests = cargo(test);
        tests.args(["--exclude", "lithops-multiprocessing-tests"]);
        tests.arg("--no-fail-fast");
        run_tests(tests, cases)
    });
    steps.run("tests with every feature", |cases| {
        let test = ["test", "--no-fail-fast", "--all-features", "--package"];
        run_tests(cargo(test.iter().chain(&["lithops-storage"])), cases)?;
        run_tests(cargo(test.iter().chain(&["lithops-runtime"])), cases)?;
        let changed = ["lithops", "--lib", "--test", "objects", "--test", "executor"];
        run_tests(cargo(test.iter().chain(&changed)), cases)
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
    steps.run("containers", |cases| {
        let suite = ["test", "--package", "lithops", "--all-features", "--test", "containers"];
        // Backtraces are those of the harness.
        let mut suite = cargo(suite);
        suite.env("RUST_BACKTRACE", "0");
        run_tests(suite, cases)
    });
    Ok(())
}

/// Runs the suite of backends once more, with jobs in buckets of a real S3 server.
pub(crate) fn run_over_s3(steps: &mut Steps) -> anyhow::Result<()> {
    steps.run("backends over S3", |cases| {
        let server = servers::start_named(&["seaweedfs"])?.remove(0);
        let mut suite = cargo(["test", "--package", "lithops", "--all-features"]);
        suite.args(["--test", "backends", "--", "processes_through_storage::"]);
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
        let suite = ["test", "--package", "lithops-multiprocessing-tests"];
        let mut suite = cargo(suite);
        // Backtraces are those of the harness.
        suite.env(variable, address).env("RUST_BACKTRACE", "0");
        run_tests(suite, cases)?;
        let mut documents = cargo(["test", "--package", "lithops", "--doc"]);
        documents.args(["--features", "multiprocessing", "multiprocessing"]);
        run_tests(documents, cases)
    });
    Ok(())
}

/// Runs calls on an emulator of Code Engine, with jobs in buckets of a real S3 server.
pub(crate) fn run_on_code_engine(steps: &mut Steps) -> anyhow::Result<()> {
    // Without one, what takes containers is ignored.
    let _engine = engine::ensure();
    steps.run("Code Engine: calls", |cases| {
        let server = servers::start_named(&["seaweedfs"])?.remove(0);
        let suite = ["test", "--package", "lithops-on-code-engine", "--test", "codeengine"];
        let mut suite = cargo(suite);
        // Backtraces are those of the harness.
        suite.env("RUST_BACKTRACE", "0").envs(server.as_environment());
        run_tests(suite, cases)
    });
    Ok(())
}
