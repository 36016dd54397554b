//! Calls on a cluster of Slurm: the promises of every backend, and what only a cluster has to keep.
//!
//! Where no cluster is named, the cases are ignored: `cargo xtask slurm` starts one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a case runs this program as a client")]

mod arrays;
mod cleaning;
mod cluster;
mod containers;
mod faults;
mod login;
mod stage;
mod suite;
mod tenant;
mod unwanted;

use std::process::ExitCode;

use lithops_testkit::trials::{ignored, run_trials, test};

/// A case that needs a cluster.
type Case = (&'static str, fn());

fn main() -> ExitCode {
    if let Ok(settings) = std::env::var(cleaning::CLIENT) {
        return cleaning::be_a_client(&settings);
    }
    let there = cluster::named();
    let long = there.clone().and_then(|()| faults::has_time());
    let contained = there.clone().and_then(|()| containers::engine());
    let elsewhere = login::both();
    let cases: [(&[Case], _); 8] = [
        // First: it lasts longer than all others, which run beside it.
        (faults::LONG, &long),
        (cluster::CASES, &there),
        (faults::CASES, &there),
        (cleaning::CASES, &there),
        (arrays::CASES, &there),
        (unwanted::CASES, &there),
        (containers::CASES, &contained),
        (login::CASES, &elsewhere),
    ];
    let mut trials = Vec::new();
    for (cases, there) in cases {
        trials.extend(cases.iter().copied().map(|(name, case)| match there {
            Ok(()) => test(name, case),
            Err(reason) => ignored(name, reason),
        }));
    }
    trials.extend(suite::subjects(&there).iter().flat_map(|subject| subject.trials()));
    run_trials(there.is_ok(), trials)
}
