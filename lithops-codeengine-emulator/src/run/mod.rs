//! Job runs: what becomes of each index, and when.

mod attempt;
mod environment;
mod fault;
mod machine;
mod order;
mod queue;
mod ranges;
mod references;
mod runs;
mod shared;
mod show;
mod state;
mod view;

pub use fault::{BadRunFault, RunFault, RunFaultKind, RunFaults};
pub use order::{EnvVar, Mode, Mount, MountSource, ReferenceKind, RunId, RunOrder, Surroundings};
pub use references::References;
pub use runs::{AlreadyThere, Rules, Runs, RunsSetup, Variables};
pub use view::{IndexDetails, IndexStatus, RunStatus, RunView, StatusDetails};
