//! One scenario under many seeds.

use std::future::Future;

use crate::executor::SimulatedExecutor;
use crate::failure::SEED_VARIABLE;
use crate::simulation::Simulation;

/// Runs a scenario once for each seed, with [harsh faults](crate::Faults::harsh).
///
/// The scenario may assert what it likes. Beside that, each run is held against what the library
/// promises of every job: see [`Violation`](crate::Violation).
///
/// If the variable `LITHOPS_SIMULATION_SEED` is set, that seed alone is run.
///
/// # Panics
/// At the first seed that finds something: with what it is, the last events, and the command that runs
/// that seed again. Also inside of a runtime.
///
/// ```
/// use lithops_core::api::ExecutorExt;
///
/// fn square(x: u64) -> u64 {
///     x * x
/// }
///
/// lithops_simulation::check(0..20, |exec| async move {
///     let squares = exec.map(square, 0..9u64).retries(5).settled().await.unwrap();
///     for (x, square) in (0..).zip(squares) {
///         // A call may fail for good where so much goes wrong; a value is never another one's.
///         assert!(square.is_err() || square == Ok(x * x));
///     }
/// });
/// ```
pub fn check<F: Future<Output = ()>>(
    seeds: impl IntoIterator<Item = u64>,
    scenario: impl Fn(SimulatedExecutor) -> F,
) {
    Simulation::seed(0).check(seeds, scenario);
}

impl Simulation {
    /// As [`check`](crate::check), with the terms of this simulation and its seed put aside.
    ///
    /// # Panics
    /// As [`check`](crate::check); also if `LITHOPS_SIMULATION_SEED` is no number.
    pub fn check<F: Future<Output = ()>>(
        &self,
        seeds: impl IntoIterator<Item = u64>,
        scenario: impl Fn(SimulatedExecutor) -> F,
    ) {
        match std::env::var(SEED_VARIABLE) {
            Ok(seed) => {
                let seed = seed.parse();
                let seed = seed.unwrap_or_else(|error| panic!("{SEED_VARIABLE}: {error}"));
                self.with_seed(seed).run(&scenario);
            }
            Err(_) => {
                for seed in seeds {
                    self.with_seed(seed).run(&scenario);
                }
            }
        }
    }
}
