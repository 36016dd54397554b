//! `lithops doctor` names what is wrong with a configuration, and how to mend it.
//!
//! Cases with an S3 server take the one that `AWS_ENDPOINT_URL_S3` names, with its keys:
//! `cargo xtask servers seaweedfs` starts one, `cargo xtask suite` runs them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "../command/mod.rs"]
mod command;

mod broken;
mod cloud;
mod engine;
mod patient;
mod s3;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("what_is_as_it_should_be_is_told_in_order", || {
            patient::what_is_as_it_should_be_is_told_in_order();
            Ok(())
        }),
        Trial::test("a_problem_is_told_to_people_with_its_next_step", || {
            patient::a_problem_is_told_to_people_with_its_next_step();
            Ok(())
        }),
    ];
    trials.extend(broken::TABLE.iter().chain(cloud::TABLE).map(|case| {
        Trial::test(case.name, || {
            case.check();
            Ok(())
        })
    }));
    trials.extend(s3::TABLE.iter().map(|(name, case)| {
        Trial::ignorable_test(*name, || match s3::Server::named() {
            Ok(server) => {
                case(&server);
                Ok(Completion::Completed)
            }
            Err(missing) => Ok(Completion::ignored_with(missing)),
        })
    }));
    let engine = engine::named();
    trials.extend(engine::TABLE.iter().map(|(name, case)| {
        let engine = engine.clone();
        Trial::ignorable_test(*name, move || match engine {
            Ok(host) => {
                case(&host);
                Ok(Completion::Completed)
            }
            Err(missing) => Ok(Completion::ignored_with(missing)),
        })
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}
