//! Lithops on this machine: a pool of threads, of warm worker processes, or (by the feature
//! `containers`) of warm containers.
//!
//! Both take the same calls through the same codec, so that what works on threads works on
//! processes and anywhere else. Threads have the lower overhead; processes stand apart, so that a
//! call that crashes, hangs or eats memory harms no other.

#[cfg(feature = "containers")]
mod containers;
mod order;
mod processes;
mod threads;

#[cfg(feature = "containers")]
pub use containers::{ContainerBackend, ContainerConfig, Volume, VolumeError};
pub use processes::{ProcessBackend, ProcessConfig};
pub use threads::{ThreadBackend, ThreadConfig};

/// How many calls run at once where nothing else is said: one for each processor that this process
/// may use.
pub fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
