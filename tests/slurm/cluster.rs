//! The cluster that the environment names: Slurm's own commands as a witness, and nodes that die.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Case;

/// What is waited for at most, here and in calls.
const BOUND: Duration = Duration::from_secs(60);

/// The node that cases do harm to. Others keep away from it.
pub(crate) const FRAIL: &str = "n2";

/// One case at a time does harm to a node.
static HARM: Mutex<()> = Mutex::new(());

/// A cluster of this machine, made by `cargo xtask slurm`.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    folder: PathBuf,
    shared: PathBuf,
    ssh: PathBuf,
}

pub(crate) const CASES: &[Case] =
    &[("cluster::a_killed_node_comes_back", a_killed_node_comes_back)];

/// Whether there is one, or what to do to have one.
pub(crate) fn named() -> Result<(), String> {
    match Cluster::from_env() {
        Some(_) => Ok(()),
        None => Err("no cluster of Slurm is named: run `cargo xtask slurm`".to_owned()),
    }
}

/// Keeps other cases from doing harm to [`FRAIL`] while this one does.
pub(crate) fn alone_with_the_frail() -> MutexGuard<'static, ()> {
    // A case that has failed has done its harm.
    HARM.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cluster {
    /// The cluster that the environment names, if it does.
    pub(crate) fn from_env() -> Option<Self> {
        let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
        // Slurm's commands find it by themselves.
        path("SLURM_CONF")?;
        Some(Self {
            folder: path("LITHOPS_TEST_SLURM")?,
            shared: path("LITHOPS_TEST_SLURM_SHARED")?,
            ssh: path("LITHOPS_TEST_SLURM_SSH")?,
        })
    }

    /// The folder that nodes and clients share.
    pub(crate) fn shared(&self) -> &Path {
        &self.shared
    }

    /// The settings by which `ssh` finds the host `login`.
    pub(crate) fn ssh(&self) -> &Path {
        &self.ssh
    }

    /// Lines of `squeue`, one for each task of an array.
    pub(crate) fn queue(&self, options: &[&str]) -> Vec<String> {
        let said = slurm("squeue", &[&["--noheader", "--array"], options].concat());
        said.lines().map(|line| line.trim().to_owned()).collect()
    }

    /// Kills all that runs on a node, as a loss of its power does. The cluster finds out by itself.
    pub(crate) fn kill_node(&self, node: &str) {
        assert!(!self.processes_of(node).is_empty(), "{node} is dead already");
        // Until nothing is left: a daemon may have started something in between.
        until("the node's end", || {
            let left = self.processes_of(node);
            for process in &left {
                // It may have ended by itself.
                kill_process(*process, Signal::KILL).ok();
            }
            left.is_empty()
        });
    }

    /// Starts a node again, and waits until the cluster has it.
    pub(crate) fn start_node(&self, node: &str) {
        let mut start = Command::new(self.folder.join(node).join("start"));
        // It goes on after this program.
        start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(start.status().unwrap().success(), "{node} does not start");
        until("the node's return", || {
            let said = slurm("sinfo", &["--noheader", "--nodes", node, "--format=%T"]);
            said.lines().all(|state| ["idle", "mixed", "allocated"].contains(&state.trim()))
        });
    }

    /// What runs on a node: the daemon and jobs by their environment, what watches a job by the log
    /// that it writes to, because it shows no environment.
    fn processes_of(&self, node: &str) -> Vec<Pid> {
        let conf = format!("SLURM_CONF={}", std::env::var("SLURM_CONF").unwrap());
        let name = format!("SLURMD_NODENAME={node}");
        let own = self.folder.join(node);
        let numbers = fs::read_dir("/proc").unwrap().flatten();
        let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let here = |number: &i32| {
            // Of a process that has ended there is nothing to read.
            let environment = fs::read(format!("/proc/{number}/environ")).unwrap_or_default();
            let variables: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
            [&conf, &name].iter().all(|variable| variables.contains(&variable.as_bytes()))
                || watches_a_step(*number, &own)
        };
        numbers.filter(here).filter_map(Pid::from_raw).collect()
    }
}

fn watches_a_step(number: i32, folder: &Path) -> bool {
    let command = fs::read_to_string(format!("/proc/{number}/comm")).unwrap_or_default();
    let Ok(files) = fs::read_dir(format!("/proc/{number}/fd")) else { return false };
    let mut files = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
    command.starts_with("slurmstepd") && files.any(|file| file.starts_with(folder))
}

/// What one of Slurm's commands prints.
pub(crate) fn slurm(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Waits for a condition.
pub(crate) fn until(what: &str, condition: impl FnMut() -> bool) {
    until_within(BOUND, what, condition);
}

/// The same, for so long at most.
pub(crate) fn until_within(bound: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + bound;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} takes longer than {bound:?}");
        // Between two looks: nodes want the processors.
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What the cases of faults stand on.
fn a_killed_node_comes_back() {
    let _alone = alone_with_the_frail();
    let cluster = Cluster::from_env().unwrap();
    let bare = ["--parsable", "--no-requeue", "--nodelist=n2", "--output=/dev/null"];
    let number = slurm("sbatch", &[&bare[..], &["--wrap", "sleep 1000"]].concat());
    let number = number.trim();
    let state = || cluster.queue(&["--jobs", number, "--states=all", "--format=%T %N"]);
    until("the job's start", || state() == ["RUNNING n2"]);
    until("the job's process", || cluster.processes_of(FRAIL).len() >= 4);
    cluster.kill_node(FRAIL);
    assert_eq!(cluster.processes_of(FRAIL), []);
    cluster.start_node(FRAIL);
    slurm("scancel", &[number]);
    until("the job's end", || state() == ["CANCELLED n2"]);
}
