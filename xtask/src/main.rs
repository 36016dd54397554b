//! The project's checks, as `cargo xtask`.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::process::ExitCode;

mod adapters;
mod command;
mod engine;
mod examples;
mod fuzz;
mod guide;
mod layering;
mod lints;
mod machine;
mod matrix;
mod peers;
mod report;
mod servers;
mod slurm;
mod steps;
mod tests;

use steps::Steps;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test             install what the tests need, then run every check
  test --quick     the same without the matrix of linkers and profiles
  layering         lithops-core uses no network, container or cloud crate
  examples         every example runs and is right
  guide            a new user's first steps, as docs/get-started.md tells them
  servers [NAMES]  starts the servers of storages and images, until Ctrl-C
  containers       calls in containers of a real engine keep all promises
  codeengine       calls on an emulator of Code Engine, examples in its containers, IBM's SDK
  slurm            calls, examples on a Slurm cluster of three nodes on this machine
  slurm --keep     only starts the cluster, until Ctrl-C; so does `servers slurm`
  slurm --bench    what calls take there, beside bare array jobs
  report           a browser opens reports of jobs, and asks no network
  multiprocessing  pools, processes and what they share, over threads and over a Redis server
  suite            the tests of each of these servers
  adapter rusoto   the storage outside of the workspace passes its suite
  s3               starts an S3 server, loads real files, and runs the examples over it
  fuzz             what comes over wires and out of storages is read without harm
  fuzz --seconds N each fuzz target for so long, 60 if not told
  peers [OPTIONS]  compares with Lithops for Python, Ray, Dask and others; see benches/peers/run.py
  configuration    writes the keys of the configuration into its document
  matrix           functions are found by name whatever links the program";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut steps = Steps::default();
    let outcome = match arguments.as_slice() {
        ["test"] => test(&mut steps).and_then(|()| matrix::run(&mut steps)),
        ["test", "--quick"] => test(&mut steps),
        ["layering"] => layering::check(&mut steps),
        ["examples"] => examples::run(&mut steps),
        ["guide"] => guide::run(&mut steps),
        ["containers"] => tests::run_in_containers(&mut steps),
        ["adapter", "rusoto"] => adapters::rusoto(&mut steps),
        ["s3"] => {
            steps.run("examples: over S3", |_| examples::s3::run());
            Ok(())
        }
        ["report"] => report::check(&mut steps),
        ["codeengine"] => code_engine(&mut steps),
        ["multiprocessing"] => tests::run_multiprocessing(&mut steps),
        ["configuration"] => configuration(),
        ["fuzz"] => fuzz::run_all(&mut steps, fuzz::SECONDS),
        ["fuzz", "--seconds", seconds] => match seconds.parse() {
            Ok(seconds) => fuzz::run_all(&mut steps, seconds),
            Err(_) => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        },
        ["peers", options @ ..] => peers::run(options, &mut steps),
        ["suite"] => servers::run_all(&mut steps),
        ["slurm"] => {
            slurm::run(&mut steps);
            Ok(())
        }
        ["slurm", "--keep"] | ["servers", "slurm"] => slurm::until_interrupted(),
        ["slurm", "--bench"] => {
            slurm::bench(&mut steps);
            Ok(())
        }
        ["servers", names @ ..] => servers::until_interrupted(names),
        ["matrix"] => machine::install(&mut steps).and_then(|()| matrix::run(&mut steps)),
        ["--help" | "-h" | "help"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    steps.report();
    match outcome.and_then(|()| steps.verdict()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The test that holds the document against the code writes it anew, if it is told to.
fn configuration() -> anyhow::Result<()> {
    let test = ["test", "--quiet", "-p", "lithops-cli", "--test", "configuration"];
    let mut cargo = command::cargo(test);
    cargo.env("LITHOPS_TEST_REWRITE", "1");
    command::run(cargo)
}

fn code_engine(steps: &mut Steps) -> anyhow::Result<()> {
    servers::drive_code_engine(steps)?;
    tests::run_on_code_engine(steps)?;
    if let Err(missing) = engine::ensure() {
        steps.skip("Code Engine: examples", &missing.to_string());
        return Ok(());
    }
    steps.run("Code Engine: examples", |_| examples::code_engine::run());
    Ok(())
}

fn test(steps: &mut Steps) -> anyhow::Result<()> {
    machine::install(steps)?;
    lints::run_all(steps)?;
    layering::check(steps)?;
    tests::run_all(steps)?;
    servers::run_all(steps)?;
    code_engine(steps)?;
    tests::run_on_slurm(steps);
    tests::run_over_s3(steps)?;
    tests::run_multiprocessing(steps)?;
    adapters::rusoto(steps)?;
    report::check(steps)?;
    fuzz::run_briefly(steps)?;
    peers::check(steps);
    examples::run(steps)?;
    guide::run(steps)
}
