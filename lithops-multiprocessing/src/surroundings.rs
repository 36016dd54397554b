//! What a program can ask about the machine and the process that it runs in.

use lithops_core::api::{is_inside_call, try_context};

/// How many processors this process may use; 1 if the system does not tell.
pub fn cpu_count() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The process, or the call, that this code runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentProcess {
    /// `MainProcess`, or the job and the place of the call in it.
    pub name: String,
    /// The process id.
    pub pid: u32,
    /// Whether this runs on a worker.
    pub is_worker: bool,
}

/// The process, or the call, that this code runs in.
///
/// ```
/// let process = lithops_multiprocessing::current_process();
/// assert_eq!(process.name, "MainProcess");
/// assert!(!process.is_worker);
/// ```
pub fn current_process() -> CurrentProcess {
    let call = try_context().map(|call| format!("{}-{}", call.job_id(), call.index()));
    let is_worker = is_inside_call();
    let name = match call {
        Some(call) => call,
        None if is_worker => "Worker".to_owned(),
        None => "MainProcess".to_owned(),
    };
    CurrentProcess { name, pid: std::process::id(), is_worker }
}
