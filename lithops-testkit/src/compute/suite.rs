//! The list of cases, and how one is run.

use std::time::Duration;

use lithops_core::ports::{Capability, Isolation};

use super::TestExecutor;

/// A case that takes longer hangs.
const BOUND: Duration = Duration::from_secs(60);

/// Runs one case on a runtime of its own, then drops the guard, which may look at what is left.
///
/// # Panics
/// If the case fails, or takes longer than a minute.
pub fn run<G, C: Future<Output = ()>>(
    setup: impl Future<Output = (TestExecutor, G)>,
    case: impl FnOnce(TestExecutor) -> C,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let guard = runtime.block_on(async {
        let (executor, guard) = setup.await;
        let end = tokio::time::timeout(BOUND, case(TestExecutor::clone(&executor))).await;
        assert!(end.is_ok(), "the case takes longer than {BOUND:?}");
        executor.shutdown().await;
        guard
    });
    drop(runtime);
    drop(guard);
}

/// What a suite was told that its backend has: `(isolation, memory_limit, environment, output)`.
pub type Told = (bool, bool, bool, bool);

/// What a backend says that it has.
pub fn told(capability: &Capability) -> Told {
    let isolated = capability.isolation > Isolation::Thread;
    (isolated, capability.memory_limit, capability.environment, capability.captures_output)
}

/// Expands to a module with one test for each promise of an executor.
///
/// Its arguments are the module's name, an expression whose future gives an executor and a guard
/// (evaluated anew for each test; the guard is dropped last), and for each thing that a backend may
/// lack by its nature either `yes` or the reason: the cases that need it show as ignored then. A
/// test of its own holds that against what the backend's `Capability` says.
///
/// ```text
/// compute_suite!(threads, async { (executor(), ()) }, {
///     isolation: "threads share the client's process",
///     memory_limit: "threads share the client's memory",
///     environment: "threads share the client's environment",
///     output: "threads share the client's standard streams",
/// });
/// ```
///
/// A backend whose platform may be missing when the tests run has
/// [`Subject`](crate::compute::Subject) instead.
#[macro_export]
macro_rules! compute_suite {
    ($name:ident, $setup:expr, {
        isolation: $isolation:tt,
        memory_limit: $memory_limit:tt,
        environment: $environment:tt,
        output: $output:tt $(,)?
    } $(,)?) => {
        mod $name {
            use super::*;

            #[test]
            fn the_suite_was_told_what_the_backend_can_do() {
                $crate::compute::run($setup, |exec| async move {
                    let told = (
                        $crate::compute_suite!(@has $isolation),
                        $crate::compute_suite!(@has $memory_limit),
                        $crate::compute_suite!(@has $environment),
                        $crate::compute_suite!(@has $output),
                    );
                    assert_eq!($crate::compute::told(&exec.capability()), told);
                });
            }

            $crate::compute_cases! { compute_suite {
                ($setup) $isolation $memory_limit $environment $output
            } }
        }
    };
    (@cases { ($setup:expr) $isolation:tt $memory_limit:tt $environment:tt $output:tt }
        every: $every_cases:tt
        isolation: $isolation_cases:tt
        memory_limit: $memory_limit_cases:tt
        environment: $environment_cases:tt
        output: $output_cases:tt
    ) => {
        $crate::compute_suite! { @group ($setup) yes $every_cases }
        $crate::compute_suite! { @group ($setup) $isolation $isolation_cases }
        $crate::compute_suite! { @group ($setup) $memory_limit $memory_limit_cases }
        $crate::compute_suite! { @group ($setup) $environment $environment_cases }
        $crate::compute_suite! { @group ($setup) $output $output_cases }
    };
    (@has yes) => { true };
    (@has $reason:literal) => { false };
    (@group ($setup:expr) yes [$($case:ident,)+]) => { $(
        #[test]
        fn $case() {
            $crate::compute::run($setup, $crate::compute::cases::$case);
        }
    )+ };
    (@group ($setup:expr) $reason:literal [$($case:ident,)+]) => { $(
        #[test]
        #[ignore = $reason]
        fn $case() {
            $crate::compute::run($setup, $crate::compute::cases::$case);
        }
    )+ };
}
