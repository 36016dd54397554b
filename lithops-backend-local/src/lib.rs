//! Lithops on this machine: a pool of threads, or a pool of warm worker processes.
//!
//! Both take the same calls through the same codec, so that what works on threads works on
//! processes and anywhere else. Threads have the lower overhead; processes stand apart, so that a
//! call that crashes, hangs or eats memory harms no other.

mod frames;
mod processes;
mod threads;

pub use processes::{ProcessBackend, ProcessConfig};
pub use threads::{ThreadBackend, ThreadConfig};

/// How many calls run at once where nothing else is said: one for each processor that this process
/// may use.
pub fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
