//! The kernel's control groups, by which Slurm holds jobs to their memory.

use std::fs;
use std::path::{Path, PathBuf};

use super::NODES;

/// Where version 1 is mounted.
const MOUNT: &str = "/sys/fs/cgroup";
/// The controllers that Slurm asks for with our settings.
const CONTROLLERS: [&str; 4] = ["memory", "freezer", "cpu", "cpuacct"];

/// What a cluster here can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cgroups {
    /// Version 1, with every controller, which this program may make groups in.
    V1,
    /// None that Debian's Slurm can do with.
    None,
}

impl Cgroups {
    /// Tries it.
    pub(super) fn find() -> Self {
        let usable = |controller: &str| {
            let root = Path::new(MOUNT).join(controller);
            let probe = root.join("lithops-slurm-probe");
            // A folder can be made where nothing is mounted, too.
            let mounted = root.join("tasks").exists();
            mounted && fs::create_dir(&probe).is_ok() && fs::remove_dir(&probe).is_ok()
        };
        if CONTROLLERS.iter().all(|controller| usable(controller)) { Self::V1 } else { Self::None }
    }
}

/// Removes the groups of nodes that have ended: Slurm leaves them to the next start.
pub(super) fn remove() {
    for controller in CONTROLLERS {
        for node in NODES {
            remove_below(Path::new(MOUNT).join(controller).join(format!("slurm_{node}")));
        }
    }
}

/// The kernel removes no group that has a process or another group in it: those of another cluster
/// stay.
fn remove_below(group: PathBuf) {
    let Ok(entries) = fs::read_dir(&group) else { return };
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        remove_below(entry.path());
    }
    // It is in use then.
    fs::remove_dir(group).ok();
}
