//! Calls on Code Engine: the promises of every backend, and what only a cloud has to keep, shown on
//! an emulator over HTTP whose instances are processes, with jobs in buckets of a real S3 server.
//!
//! Where no S3 server is named, the cases are ignored: `cargo xtask codeengine` starts one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a case runs this program as a client")]

mod cleaning;
mod cloud;
mod containers;
mod faults;
mod price;
mod requests;
mod secrets;
mod stage;
mod suite;

use std::process::ExitCode;

use lithops_testkit::trials::{ignored, run_trials, test};

/// A case that needs a cloud.
type Case = (&'static str, fn());

fn main() -> ExitCode {
    if let Ok(settings) = std::env::var(cleaning::CLIENT) {
        return cleaning::be_a_client(&settings);
    }
    let server = cloud::server();
    let both = server.clone().and_then(|server| containers::engine().map(|_| server));
    let cases: [(&[Case], _); 6] = [
        (&faults::cases(), &server),
        (secrets::CASES, &server),
        (requests::CASES, &server),
        (cleaning::CASES, &server),
        (price::CASES, &server),
        (containers::CASES, &both),
    ];
    let subjects = suite::subjects(&server, &both);
    let mut trials: Vec<_> = subjects.iter().flat_map(|subject| subject.trials()).collect();
    for (cases, there) in cases {
        trials.extend(cases.iter().copied().map(|(name, case)| match there {
            Ok(_) => test(name, case),
            Err(reason) => ignored(name, reason),
        }));
    }
    run_trials(server.is_ok(), trials)
}
