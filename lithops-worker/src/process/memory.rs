//! What the kernel says of the memory of the control group that workers are in: a container's, or that
//! of a task of a batch system.

use std::fs;
use std::path::{Path, PathBuf};

use lithops_core::wire::CallError;

/// A limit from here on is none: version 1 says the greatest number of pages there is.
const NO_LIMIT: u64 = 1 << 60;

/// The memory of a control group, version 1 or 2.
#[derive(Debug)]
pub(crate) struct Memory {
    kills: PathBuf,
    /// Of the group and of those around it, the nearest first: the limit may be any one's.
    limits: Vec<PathBuf>,
    peak: PathBuf,
    /// How many kills have been told.
    told: u64,
}

impl Memory {
    /// Begins to watch the group that this process is in.
    pub(crate) fn watch() -> Self {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Self::of(Path::new("/sys/fs/cgroup"), &groups)
    }

    /// The group that `groups`, as `/proc/self/cgroup` has it, names below `root`. In a container that
    /// may be a path of the machine's, and the container sees its own group as the root.
    fn of(root: &Path, groups: &str) -> Self {
        let first = root.join("memory");
        let version_1 = first.is_dir();
        let (root, names) = if version_1 {
            let names =
                ["memory.oom_control", "memory.limit_in_bytes", "memory.max_usage_in_bytes"];
            (first, names)
        } else {
            (root.to_owned(), ["memory.events", "memory.max", "memory.peak"])
        };
        let own = groups.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, path) = (parts.next()?, parts.next()?);
            let is_ours = match version_1 {
                true => controllers.split(',').any(|controller| controller == "memory"),
                false => controllers.is_empty(),
            };
            is_ours.then(|| root.join(path.trim_start_matches('/')))
        });
        let group = own.filter(|group| group.join(names[0]).is_file()).unwrap_or(root.clone());
        let [kills, limit, peak] = names;
        let around = group.ancestors().take_while(|above| above.starts_with(&root));
        let limits = around.map(|above| above.join(limit)).collect();
        let mut memory = Self { kills: group.join(kills), limits, peak: group.join(peak), told: 0 };
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
        let of_a_group = |path: &PathBuf| number(path).filter(|limit| *limit < NO_LIMIT);
        let limit = own.or_else(|| self.limits.iter().find_map(of_a_group));
        // The peak is of the whole group.
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
        let mut memory = Memory::of(root.path(), "");
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
        let mut memory = Memory::of(root.path(), "");
        let control = "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n";
        fs::write(folder.join("memory.oom_control"), control).unwrap();
        fs::write(folder.join("memory.max_usage_in_bytes"), "70\n").unwrap();
        let out = CallError::OutOfMemory { limit: 50, peak: 70 };
        assert_eq!(memory.explain(killed(), Some(50)), out);
    }

    #[test]
    fn the_own_group_is_watched_where_it_is_seen_and_its_limit_may_be_anothers() {
        let root = tempfile::tempdir().unwrap();
        let task = root.path().join("memory/slurm/job_1/step");
        fs::create_dir_all(&task).unwrap();
        fs::write(task.join("memory.oom_control"), "oom_kill 0\n").unwrap();
        fs::write(task.join("memory.limit_in_bytes"), format!("{}\n", i64::MAX)).unwrap();
        fs::write(task.join("memory.max_usage_in_bytes"), "40\n").unwrap();
        let job = root.path().join("memory/slurm/job_1/memory.limit_in_bytes");
        fs::write(job, "50\n").unwrap();
        let groups = "5:cpu,cpuacct:/elsewhere\n4:memory:/slurm/job_1/step\n0::/x\n";
        let mut memory = Memory::of(root.path(), groups);
        fs::write(task.join("memory.oom_control"), "oom_kill 1\n").unwrap();
        let out = CallError::OutOfMemory { limit: 50, peak: 40 };
        assert_eq!(memory.explain(killed(), None), out);

        let container = Memory::of(root.path(), "4:memory:/docker/1\n");
        assert_eq!(container.kills, root.path().join("memory/memory.oom_control"));
    }
}
