//! What the operating system is asked to hold a worker to.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Limits the process's private memory to `limit` bytes and room for threads beyond what it has now:
/// an allocation past it fails at once, where the watch on resident memory would come too late.
pub(crate) fn set_memory(limit: u64) {
    let now = data_bytes().unwrap_or(0);
    let maximum = Some(now.saturating_add(limit).saturating_add(THREADS));
    // A limit that can't be set leaves the watch on resident memory.
    setrlimit(Resource::Data, Rlimit { current: maximum, maximum }).ok();
}

/// Stacks count as private memory as soon as a thread begins, touched or not: those of the worker's
/// own threads, and 2 MiB for each request of a file storage that is under way.
const THREADS: u64 = 128 << 20;

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
