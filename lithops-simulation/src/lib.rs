//! Jobs in simulated time: client, workers, platform, links and storage on one thread, on a clock that
//! jumps when all wait, with faults that a seed decides.
//!
//! The client is the library's own engine, and functions are called as they are; around it all is
//! simulated behind the ports that backends and storages implement. A test of a job can so see in a
//! second what a month on a bad platform would show, and see it again with the same seed: [`check`]
//! runs a scenario under many seeds, [`Simulation`] under one.
//!
//! Every run is held against what the library promises of every job, whatever goes wrong:
//!
//! - each call has exactly one outcome, and it is one that an execution of this very call made;
//! - calls run no more often than their policy says, workers left out that came to harm;
//! - a call that fails for want of workers or storage does so only where something went wrong;
//! - once the executor has shut down no worker lives, and no object of a job is left;
//! - all this within a bound of simulated time.
//!
//! `turmoil` and `madsim` simulate the network beneath sockets and a runtime of their own. Here client
//! and workers meet at ports instead, an object store and lanes of messages, where nothing is lost by
//! simulating no packets, and the runtime stays Tokio, whose clock can be paused.
//!
//! Functions run one at a time on a thread of their own, on which nothing is simulated: what they do
//! takes no simulated time unless they [say so](take) or await a Tokio timer, and they can bring
//! their worker down by [`die`]. `context().storage()` is `None` in them, so shuffles and calls that
//! write objects are not simulated.

mod behave;
mod chance;
mod check;
mod client;
mod desk;
mod executor;
mod failure;
mod faults;
mod log;
mod platform;
mod scene;
mod simulation;
mod storage;
mod tally;
mod violation;
mod worker;

pub use behave::{die, take};
pub use check::check;
pub use executor::SimulatedExecutor;
pub use failure::{Failure, SEED_VARIABLE, SimulationError};
pub use faults::{Faults, Span};
pub use log::EventLog;
pub use simulation::{Ran, Simulation, Way};
pub use violation::Violation;
