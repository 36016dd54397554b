//! Multiprocessing behaves as Python's documentation says of its own: over threads and memory, and
//! over worker processes and a real Redis server.
//!
//! Without the address of a server in `LITHOPS_TEST_REDIS` the cases of the second kind are ignored:
//! `cargo xtask multiprocessing` starts one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod conditions;
mod containers;
mod deaths;
mod locks;
mod pipes;
mod pools;
mod processes;
mod queues;
mod values;
mod world;

use std::process::ExitCode;

use lithops_testkit::trials::{ignored, run_trials, test};
use world::World;

/// A case, by name.
type Case = (&'static str, fn(&World));

/// Names each case after its function.
macro_rules! cases {
    ($($name:ident),* $(,)?) => { crate::cases! { CASES: $($name),* } };
    ($cases:ident: $($name:ident),* $(,)?) => {
        pub(crate) const $cases: &[crate::Case] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use cases;

/// Cases of what only calls on threads, or objects in memory, do.
const IN_MEMORY: [&[Case]; 3] = [conditions::IN_MEMORY, locks::IN_MEMORY, values::IN_MEMORY];

fn main() -> ExitCode {
    if let Some(exit) = world::start_again_with_settings() {
        return exit;
    }
    let server = world::server();
    let mut trials = Vec::new();
    let anywhere = [
        conditions::CASES,
        containers::CASES,
        locks::CASES,
        pipes::CASES,
        pools::CASES,
        processes::CASES,
        queues::CASES,
        values::CASES,
    ];
    for (name, case) in anywhere.iter().flat_map(|cases| cases.iter().copied()) {
        trials.push(test(format!("threads::{name}"), move || case(World::threads())));
        let name = format!("processes::{name}");
        trials.push(match &server {
            Ok(()) => test(name, move || case(World::processes())),
            Err(reason) => ignored(name, reason.clone()),
        });
    }
    for (name, case) in IN_MEMORY.iter().flat_map(|cases| cases.iter().copied()) {
        trials.push(test(format!("threads::{name}"), move || case(World::threads())));
    }
    for (name, case) in deaths::CASES.iter().copied() {
        let name = format!("processes::{name}");
        trials.push(match &server {
            Ok(()) => test(name, move || case(World::processes())),
            Err(reason) => ignored(name, reason.clone()),
        });
    }
    run_trials(true, trials)
}
