//! Whether this machine has room: on disk, in memory, for processes.

use std::fs;
use std::path::Path;

use lithops::Finding;

const TEMPORARY: &str = "folder for temporary files";
const MEMORY: &str = "memory";
const PROCESSES: &str = "processes";

/// Less free space than this is soon too little: programs, images, jobs' objects.
const DISK: u64 = 256 << 20;
/// Less memory than this is too little for a worker beside the client.
const LEAST_MEMORY: u64 = 128 << 20;
/// Fewer processes and threads than this are too few: a client has some tens of threads.
const LEAST_PROCESSES: u64 = 64;

pub(super) fn examine() -> Vec<Finding> {
    let [memory, processes] = limits(Path::new("/"));
    vec![temporary(&std::env::temp_dir()), memory, processes]
}

/// Whether something can be written there, and how much.
fn temporary(folder: &Path) -> Finding {
    let shown = folder.display();
    let probe = folder.join(format!("lithops-doctor-{}", std::process::id()));
    let written = fs::write(&probe, "lithops").and_then(|()| fs::remove_file(&probe));
    if let Err(error) = written {
        let mend = "set TMPDIR to a folder that you may write to";
        return Finding::bad(TEMPORARY, format!("{shown} can't be written: {error}"), mend);
    }
    match rustix::fs::statvfs(folder) {
        Ok(space) => {
            let free = space.f_bavail.saturating_mul(space.f_frsize);
            let how = format!("{shown}, {} MiB free", free >> 20);
            if free < DISK {
                return Finding::bad(TEMPORARY, how, "make room, or set TMPDIR to another folder");
            }
            Finding::good(TEMPORARY, how)
        }
        Err(error) => Finding::good(TEMPORARY, format!("{shown}, free space unknown: {error}")),
    }
}

/// What the control group of this process lets it have, below `root`.
fn limits(root: &Path) -> [Finding; 2] {
    let group = group(root);
    let number = |name: &str| {
        let text = fs::read_to_string(group.as_ref()?.join(name)).ok()?;
        text.trim().parse::<u64>().ok()
    };
    let memory = match number("memory.max").or_else(|| available(root)) {
        Some(most) if most < LEAST_MEMORY => Finding::bad(
            MEMORY,
            format!("this process and its workers may have {} MiB", most >> 20),
            "raise the limit of the service or container that this runs in",
        ),
        Some(most) => Finding::good(MEMORY, format!("{} MiB", most >> 20)),
        None => Finding::good(MEMORY, "no limit is known"),
    };
    let left = number("pids.max")
        .map(|most| most.saturating_sub(number("pids.current").unwrap_or_default()));
    let processes = match left {
        Some(left) if left < LEAST_PROCESSES => Finding::bad(
            PROCESSES,
            format!("only {left} more processes and threads may be started"),
            "raise the limit (`TasksMax` of a service, `--pids-limit` of a container), or end others",
        ),
        Some(left) => Finding::good(PROCESSES, format!("{left} more may be started")),
        None => Finding::good(PROCESSES, "no limit is known"),
    };
    [memory, processes]
}

/// The folder of this process's control group, of the second version.
fn group(root: &Path) -> Option<std::path::PathBuf> {
    let text = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let path = text.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(root.join("sys/fs/cgroup").join(path))
}

/// How much memory the machine could give now.
fn available(root: &Path) -> Option<u64> {
    let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn a_group_with_little_room_is_told() {
        let root = machine(&[
            ("proc/self/cgroup", "0::/a/b\n"),
            ("sys/fs/cgroup/a/b/memory.max", "67108864\n"),
            ("sys/fs/cgroup/a/b/pids.max", "100\n"),
            ("sys/fs/cgroup/a/b/pids.current", "90\n"),
        ]);
        let [memory, processes] = limits(root.path());
        let told = |finding: Finding| finding.verdict.unwrap_err().what;
        assert_eq!(told(memory), "this process and its workers may have 64 MiB");
        assert_eq!(told(processes), "only 10 more processes and threads may be started");
    }

    #[test]
    fn without_a_group_the_machine_counts() {
        let root = machine(&[("proc/meminfo", "MemTotal: 1 kB\nMemAvailable:    1048576 kB\n")]);
        let [memory, processes] = limits(root.path());
        assert_eq!(memory.verdict.unwrap(), "1024 MiB");
        assert_eq!(processes.verdict.unwrap(), "no limit is known");
    }

    #[test]
    fn a_folder_that_can_t_be_written_is_told() {
        let finding = temporary(Path::new("/proc/no/such/folder"));
        let flaw = finding.verdict.unwrap_err();
        assert!(flaw.what.starts_with("/proc/no/such/folder can't be written: "), "{flaw}");
        assert_eq!(flaw.mend, "set TMPDIR to a folder that you may write to");
        assert!(temporary(&std::env::temp_dir()).verdict.is_ok());
    }
}
