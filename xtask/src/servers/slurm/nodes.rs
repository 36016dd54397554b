//! The nodes of a cluster: daemons, and what they have started.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::{NODES, cgroups, conf, login, said, slurm};
use crate::command::{command, works};
use crate::servers::process::Process;

/// Tells of a process on which node it is: Slurm sets it for jobs.
const NODE: &str = "SLURMD_NODENAME";

/// How long ended processes may be seen.
const END: Duration = Duration::from_secs(10);

/// All nodes; they and their jobs are ended when this is dropped.
pub(super) struct Nodes {
    folder: PathBuf,
    processes: Vec<Process>,
}

impl Nodes {
    /// Starts each, and leaves a script to start it again: `<node>/start`.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let mut nodes = Self { folder: folder.to_owned(), processes: Vec::new() };
        for node in NODES {
            let mut slurmd = Command::new("slurmd");
            slurmd.args(["-D", "-N", node, "-f"]).arg(conf(folder));
            // By these it is known, and what watches its jobs.
            slurmd.env("SLURM_CONF", conf(folder)).env(NODE, node);
            nodes.processes.push(Process::start(folder, node, &slurmd)?);
            let conf = conf(folder);
            let conf = conf.display();
            let start = folder.join(node).join("start");
            fs::write(
                &start,
                format!(
                    "#!/bin/sh\nSLURM_CONF={conf} {NODE}={node} exec slurmd -N {node} -f {conf}\n"
                ),
            )?;
            fs::set_permissions(start, fs::Permissions::from_mode(0o755))?;
        }
        Ok(nodes)
    }

    /// Waits until the controller has them all.
    pub(super) fn wait_until_idle(&mut self) -> anyhow::Result<()> {
        let folder = &self.folder;
        let idle = || {
            let sinfo =
                slurm(folder, "sinfo", &["--noheader", "--partition=main", "--format=%t %D"]);
            said(sinfo).is_ok_and(|said| said.trim() == format!("idle {}", NODES.len()))
        };
        match self.processes.last_mut() {
            Some(last) => last.wait_until("three idle nodes", idle),
            None => Ok(()),
        }
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        // Daemons first: they would start what is next.
        self.processes.clear();
        let deadline = Instant::now() + END;
        loop {
            let left = processes_of(&self.folder);
            if left.is_empty() || Instant::now() > deadline {
                break;
            }
            for process in left {
                works(command("kill", ["-KILL", &process]));
            }
            thread::sleep(Duration::from_millis(20));
        }
        cgroups::remove();
    }
}

/// The numbers of what runs on the cluster's nodes, or was started by SSH.
///
/// By their environment, because a node that a test has started is no child of this program. What
/// watches a step shows none, but writes to its node's log.
fn processes_of(folder: &Path) -> Vec<String> {
    let conf = format!("SLURM_CONF={}", conf(folder).display());
    let marks = [format!("{NODE}="), format!("{}=", login::MARK)];
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = processes.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let ours = |number: &String| {
        // Of a process that has ended there is nothing to read.
        let environment = fs::read(format!("/proc/{number}/environ")).unwrap_or_default();
        let variables: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
        let marked = |variable: &[u8]| marks.iter().any(|m| variable.starts_with(m.as_bytes()));
        variables.contains(&conf.as_bytes()) && variables.iter().any(|variable| marked(variable))
            || is_step_of(folder, number)
    };
    numbers.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).filter(ours).collect()
}

fn is_step_of(folder: &Path, number: &str) -> bool {
    let command = fs::read_to_string(format!("/proc/{number}/comm")).unwrap_or_default();
    let Ok(files) = fs::read_dir(format!("/proc/{number}/fd")) else { return false };
    command.starts_with("slurmstepd")
        && files
            .flatten()
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|file| file.starts_with(folder))
}
