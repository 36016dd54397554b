//! What the kernel says of a container's memory.

use std::fs;
use std::path::{Path, PathBuf};

use lithops_core::wire::CallError;

/// A limit from here on is none: version 1 says the greatest number of pages there is.
const NO_LIMIT: u64 = 1 << 60;

/// The memory of the container's control group, version 1 or 2.
#[derive(Debug)]
pub(crate) struct Memory {
    kills: PathBuf,
    limit: PathBuf,
    peak: PathBuf,
    /// How many kills have been told.
    told: u64,
}

impl Memory {
    /// Begins to watch the container that this process is in.
    pub(crate) fn watch() -> Self {
        Self::below(Path::new("/sys/fs/cgroup"))
    }

    fn below(root: &Path) -> Self {
        let first = root.join("memory");
        let [kills, limit, peak] = if first.is_dir() {
            ["memory.oom_control", "memory.limit_in_bytes", "memory.max_usage_in_bytes"]
                .map(|name| first.join(name))
        } else {
            ["memory.events", "memory.max", "memory.peak"].map(|name| root.join(name))
        };
        let mut memory = Self { kills, limit, peak, told: 0 };
        memory.told = memory.kills().unwrap_or(0);
        memory
    }

    fn kills(&self) -> Option<u64> {
        let text = fs::read_to_string(&self.kills).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "))?;
        line.trim().parse().ok()
    }

    /// Why a process was killed from outside: for want of memory, if the kernel has killed one more
    /// than was told so far. `own` is the process's own limit in bytes, where it had one.
    pub(crate) fn explain(&mut self, cause: CallError, own: Option<u64>) -> CallError {
        let CallError::Signalled { signal: 9, .. } = cause else { return cause };
        if self.kills().is_none_or(|kills| kills <= self.told) {
            return cause;
        }
        self.told += 1;
        let limit = own.or_else(|| number(&self.limit).filter(|limit| *limit < NO_LIMIT));
        // The peak is of the whole container.
        let peak = number(&self.peak).unwrap_or(0);
        CallError::OutOfMemory { limit: limit.unwrap_or(peak), peak }
    }
}

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use lithops_core::wire::ExitReport;

    use super::*;

    fn killed() -> CallError {
        CallError::Signalled { signal: 9, report: ExitReport::default() }
    }

    #[test]
    fn a_kill_that_the_kernel_has_counted_is_out_of_memory_once() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("memory.events"), "oom 1\noom_kill 1\n").unwrap();
        fs::write(root.path().join("memory.max"), "1000\n").unwrap();
        fs::write(root.path().join("memory.peak"), "999\n").unwrap();
        let mut memory = Memory::below(root.path());
        assert_eq!(memory.explain(killed(), None), killed());

        fs::write(root.path().join("memory.events"), "oom 2\noom_kill 2\n").unwrap();
        let exited = CallError::Exited { code: 1, report: ExitReport::default() };
        assert_eq!(memory.explain(exited.clone(), None), exited);
        let out = CallError::OutOfMemory { limit: 1000, peak: 999 };
        assert_eq!(memory.explain(killed(), None), out);
        assert_eq!(memory.explain(killed(), None), killed());
    }

    #[test]
    fn the_first_version_is_read_too_and_a_call_has_its_own_limit() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("memory");
        fs::create_dir(&folder).unwrap();
        let mut memory = Memory::below(root.path());
        let control = "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n";
        fs::write(folder.join("memory.oom_control"), control).unwrap();
        fs::write(folder.join("memory.max_usage_in_bytes"), "70\n").unwrap();
        let out = CallError::OutOfMemory { limit: 50, peak: 70 };
        assert_eq!(memory.explain(killed(), Some(50)), out);
    }
}
