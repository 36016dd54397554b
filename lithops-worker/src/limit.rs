//! What the operating system is asked to hold a worker to.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Limits the process's private memory to `limit` bytes beyond what it has now: an allocation past
/// it fails at once, whatever its size, where the watch on resident memory would come too late.
pub(crate) fn set_memory(limit: u64) {
    let now = data_bytes().unwrap_or(0);
    let maximum = Some(now.saturating_add(limit).saturating_add(THREADS));
    // A limit that can't be set leaves the watch on resident memory.
    setrlimit(Resource::Data, Rlimit { current: maximum, maximum }).ok();
}

/// Stacks of the worker's own threads count as private memory.
const THREADS: u64 = 32 << 20;

fn data_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(5)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Whether the process was started with more rights than its user has.
pub(crate) fn is_privileged() -> bool {
    rustix::process::geteuid() != rustix::process::getuid()
        || rustix::process::getegid() != rustix::process::getgid()
}
