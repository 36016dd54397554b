//! The same cases for backends whose platform may not be there when the tests run.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use libtest_mimic::Trial;

use super::suite::{run, told};
use super::{TestExecutor, cases};
use crate::trials::{Case, Has};

/// Gives an executor and a guard, which is dropped last; called for each case.
pub type Setup = Arc<dyn Fn() -> BoxFuture<'static, (TestExecutor, Box<dyn Any>)> + Send + Sync>;

/// A backend under test.
#[derive(Clone)]
pub struct Subject {
    /// Comes before the name of each case.
    pub name: &'static str,
    /// How to get an executor, or why there is none: all cases are ignored then.
    pub setup: Result<Setup, String>,
    /// A call that dies takes no other along.
    pub isolation: Has,
    /// A worker's memory can be limited.
    pub memory_limit: Has,
    /// A worker can be given environment variables.
    pub environment: Has,
    /// What a call writes is kept with it.
    pub output: Has,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Subject {
    /// Its cases, as trials to be run by [`run_trials`](crate::trials::run_trials).
    pub fn trials(&self) -> Vec<Trial> {
        self.cases().into_iter().map(Case::into_trial).collect()
    }

    /// Its cases, to be run in any way.
    pub fn cases(&self) -> Vec<Case> {
        let mut found = Vec::new();
        let mut add = |name: &str, has: Has, case: Box<dyn FnOnce(&Setup) + Send>| {
            let name = format!("{}::{name}", self.name);
            let body: Result<Box<dyn FnOnce() + Send>, String> = match (&self.setup, has) {
                (_, Err(reason)) => Err(reason.to_owned()),
                (Err(reason), Ok(())) => Err(reason.clone()),
                (Ok(setup), Ok(())) => {
                    let setup = Arc::clone(setup);
                    Ok(Box::new(move || case(&setup)))
                }
            };
            found.push(Case { name, body });
        };
        crate::compute_cases! { compute_trials { add self } }
        let wanted = (
            self.isolation.is_ok(),
            self.memory_limit.is_ok(),
            self.environment.is_ok(),
            self.output.is_ok(),
        );
        let case = move |exec: TestExecutor| async move {
            assert_eq!(told(&exec.capability()), wanted);
        };
        let name = "the_suite_was_told_what_the_backend_can_do";
        add(name, Ok(()), Box::new(move |setup| run(setup(), case)));
        found
    }
}

/// Adds all cases of the list.
#[doc(hidden)]
#[macro_export]
macro_rules! compute_trials {
    (@cases { $add:ident $subject:ident }
        every: [$($every:ident,)+]
        isolation: [$($isolation:ident,)+]
        memory_limit: [$($memory_limit:ident,)+]
        environment: [$($environment:ident,)+]
        output: [$($output:ident,)+]
    ) => {
        $crate::compute_trials! { @group $add (Ok(())) $($every)+ }
        $crate::compute_trials! { @group $add ($subject.isolation) $($isolation)+ }
        $crate::compute_trials! { @group $add ($subject.memory_limit) $($memory_limit)+ }
        $crate::compute_trials! { @group $add ($subject.environment) $($environment)+ }
        $crate::compute_trials! { @group $add ($subject.output) $($output)+ }
    };
    (@group $add:ident ($has:expr) $($case:ident)+) => { $(
        $add(stringify!($case), $has, Box::new(|setup: &Setup| run(setup(), cases::$case)));
    )+ };
}
