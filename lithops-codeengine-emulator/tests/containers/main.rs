//! Runs in containers of a real engine.
//!
//! Where no engine answers, the cases are ignored.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod place;
#[path = "../stage/mod.rs"]
#[expect(dead_code, reason = "the other tests need more of it")]
mod stage;

use std::process::ExitCode;

use lithops_testkit::trials::{ignored, run_trials, test};

fn main() -> ExitCode {
    let reason = place::no_engine();
    let trial = |(name, case): &(&'static str, fn())| match &reason {
        None => test(*name, *case),
        Some(reason) => ignored(*name, reason),
    };
    let end = run_trials(reason.is_none(), cases::CASES.iter().map(trial).collect());
    place::clean_up();
    end
}
