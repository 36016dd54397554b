//! What a simulation found, told so that it can be found again.

use std::fmt;

use crate::log::EventLog;
use crate::violation::Violation;

/// The variable that names the one seed that [`check`](crate::check) runs.
pub const SEED_VARIABLE: &str = "LITHOPS_SIMULATION_SEED";

/// Events that are shown of a failure among many seeds, and of one that was asked for.
const TAIL: (usize, usize) = (60, 4096);

/// Why a simulation gives no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// Something was violated.
    #[error("{0}")]
    Failed(Box<Failure>),
    /// The system has no thread or no runtime more.
    #[error("no simulation can be run here: {0}")]
    System(#[from] std::io::Error),
}

impl From<Failure> for SimulationError {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

/// What was found in a simulation.
///
/// Shown, it names the seed, what was violated, the last events, and the command that runs this seed
/// alone.
#[derive(Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What was violated: at least one thing.
    pub violations: Vec<Violation>,
    /// What has happened.
    pub log: EventLog,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, violations, log } = self;
        let lines = if std::env::var_os(SEED_VARIABLE).is_some() { TAIL.1 } else { TAIL.0 };
        writeln!(f, "seed {seed} of the simulation fails")?;
        for violation in violations {
            writeln!(f, "  - {violation}")?;
        }
        writeln!(f, "the last of {} events:\n{}", log.len(), log.tail(lines))?;
        write!(f, "run it again, with more events, by:\n  {}", replay(*seed))
    }
}

/// The command that runs one seed of the test that runs on this thread.
fn replay(seed: u64) -> String {
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let thread = std::thread::current();
    match thread.name().filter(|name| *name != "main" && !package.is_empty()) {
        // The harness names a test's thread after the test.
        Some(test) => format!("{SEED_VARIABLE}={seed} cargo test -p {package} -- --exact {test}"),
        None => format!("{SEED_VARIABLE}={seed}, and the program as it was run"),
    }
}
