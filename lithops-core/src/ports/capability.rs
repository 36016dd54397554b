//! What a backend can do, as plain data that the planner and the tests read.

use std::time::Duration;

use super::Billing;

/// What a compute backend can do. Nobody asks for a backend's name to know how to behave.
#[derive(Clone, Debug, PartialEq)]
pub struct Capability {
    /// The backend's name, for messages.
    pub backend: &'static str,
    /// The most calls that run at once.
    pub max_workers: usize,
    /// How many workers share what the platform starts, and bills for, as one: an instance. Workers
    /// of neighbouring numbers share one.
    pub slots: usize,
    /// What stands between two calls.
    pub isolation: Isolation,
    /// Whether workers run on the client's own machine. What a call starts there runs in the call's
    /// own process then, because the machine has no more to give.
    pub on_this_machine: bool,
    /// Whether a limit of memory can be set for a worker.
    pub memory_limit: bool,
    /// Whether a worker can be given environment variables.
    pub environment: bool,
    /// Whether what a call writes to its standard streams is kept with it.
    pub captures_output: bool,
    /// The longest that a call may run, if the platform has such a limit.
    pub max_duration: Option<Duration>,
    /// What an instance costs, if anything.
    pub billing: Option<Billing>,
}

/// What stands between two calls that run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isolation {
    /// Nothing: they are threads of the client. A call that exits or crashes takes the client along,
    /// and a call past its limit is abandoned, not stopped.
    Thread,
    /// Each has a process.
    Process,
    /// Each has a container.
    Container,
}
