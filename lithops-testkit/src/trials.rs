//! Cases that are only known to be runnable when they are run, in the way of `cargo test`.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// What a thing under test has, or the reason why its nature forbids it.
pub type Has<T = ()> = Result<T, &'static str>;

/// A case, to be run in any way.
pub struct Case {
    /// What it is called.
    pub name: String,
    /// What is to be run, which fails by panicking; or why it is not run.
    pub body: Result<Box<dyn FnOnce() + Send>, String>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Case {
    /// As a trial of [`run_trials`].
    pub fn into_trial(self) -> Trial {
        match self.body {
            Ok(case) => test(self.name, case),
            Err(reason) => ignored(self.name, reason),
        }
    }
}

/// A case that is run.
pub fn test(name: impl Into<String>, case: impl FnOnce() + Send + 'static) -> Trial {
    Trial::ignorable_test(name, move || passes(case).map(|()| Completion::Completed))
}

/// A case that is not run, and why.
pub fn ignored(name: impl Into<String>, reason: impl Into<String>) -> Trial {
    let reason = reason.into();
    Trial::ignorable_test(name, move || Ok(Completion::ignored_with(reason)))
}

/// A case fails by panicking, which has been printed then.
fn passes(case: impl FnOnce()) -> Result<(), Failed> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(case))
        .map_err(|_| Failed::from("the case panicked; its words stand above"))
}

/// Runs trials as the command line says.
///
/// Fails if a case fails. Fails also if something to test is there, but no case ran: a filter is
/// wrong then.
pub fn run_trials(is_any_there: bool, trials: Vec<Trial>) -> ExitCode {
    let arguments = Arguments::from_args();
    let end = libtest_mimic::run(&arguments, trials);
    let ran = end.num_passed + end.num_failed;
    if is_any_there && !arguments.list && ran == 0 {
        eprintln!("error: what is tested is there, but no case was run: is the filter right?");
        return ExitCode::FAILURE;
    }
    end.exit_code()
}
