//! From inputs to a job that can be run: pure, with no clock, no chance and no surroundings.

mod automaton;
mod boundary;
mod chunk;
mod cut;
mod input;
mod job;
mod merge;
mod partition;
mod reduce;
mod share;
mod split;

pub use automaton::{Automaton, Transition};
pub use boundary::Boundary;
pub use chunk::chunks;
pub use cut::Cut;
pub use input::{InputError, JobInputs, PackedInputs};
pub use job::{JobOptions, PlannedJob, RetryPolicy, TimeLimit, Transport};
pub use merge::Tournament;
pub use partition::{blocks_of_range, boundaries, partition_of, range_of};
pub use reduce::{by_key, tree_levels};
pub use share::shares;
pub use split::{Split, partition};
