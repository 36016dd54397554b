//! Calls in containers of a real engine: the promises of every backend, and what only containers
//! have to keep.
//!
//! Where no engine answers, the cases are ignored.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a case runs this program as a client")]

mod cleaning;
mod docker;
mod engines;
mod escape;
mod faults;
mod hardened;
mod launcher;
mod suite;

use std::process::ExitCode;

use lithops_testkit::trials::{ignored, run_trials, test};

/// A case that needs an engine.
type Case = (&'static str, fn());

fn main() -> ExitCode {
    if std::env::var_os(cleaning::CLIENT).is_some() {
        return cleaning::be_a_client();
    }
    if std::env::var_os(hardened::PARENT).is_some() {
        return hardened::leave_a_child();
    }
    if std::env::var_os(hardened::SLEEPER).is_some() {
        std::thread::park();
    }
    let engine = docker::engine();
    let cases =
        [hardened::CASES, escape::CASES, cleaning::CASES, faults::CASES, launcher::CASES].concat();
    let mut trials: Vec<_> = suite::subjects(&engine).iter().flat_map(|s| s.trials()).collect();
    trials.extend(cases.into_iter().map(|(name, case)| match &engine {
        Ok(_) => test(name, case),
        Err(reason) => ignored(name, reason),
    }));
    trials.extend(faults::ELSEWHERE.iter().map(|(name, case)| test(*name, case)));
    let own = docker::own_engine();
    trials.extend(engines::CASES.iter().map(|(name, case)| match &own {
        Ok(()) => test(*name, case),
        Err(reason) => ignored(*name, reason),
    }));
    run_trials(engine.is_ok(), trials)
}
