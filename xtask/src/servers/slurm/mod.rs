//! A cluster of Slurm on this machine: a controller, three nodes, and a login node by SSH.
//!
//! Nothing of it is the system's: it has a key of Munge, ports and folders of its own.

mod cgroups;
mod login;
mod nodes;
mod settings;

use std::fs;
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;

use super::Program;
use super::process::{Process, free_ports};
use crate::command::{command, works};
use crate::machine;
use cgroups::Cgroups;
use login::Login;
use nodes::Nodes;
use settings::Settings;

/// What nodes are called.
const NODES: [&str; 3] = ["n1", "n2", "n3"];

const PROGRAMS: &[Program] = &[
    ("slurmctld", &["slurmctld", "slurm-wlm-basic-plugins"]),
    ("slurmd", &["slurmd", "slurm-wlm-basic-plugins"]),
    ("sbatch", &["slurm-client"]),
    ("munged", &["munge"]),
    ("sshd", &["openssh-server"]),
    ("ssh", &["openssh-client"]),
];

/// What runs programs in an image, on this machine without any further right. The cluster can do
/// without.
const CONTAINERS: &[Program] = &[("ch-run", &["charliecloud"])];

/// A cluster at work; it and its jobs are stopped, and its data removed, when this is dropped.
pub(crate) struct Slurm {
    // In this order: jobs end before what watches them, and the folder goes when nobody writes to it
    // any more.
    _nodes: Nodes,
    _login: Login,
    _controller: Process,
    _munge: Process,
    path: PathBuf,
    _folder: TempDir,
}

impl Slurm {
    /// Installs what a cluster needs, and starts one.
    ///
    /// # Errors
    /// Says what is missing and how to get it, or shows the end of the log of what did not come up.
    pub(crate) fn start() -> anyhow::Result<Self> {
        install()?;
        // Short, because paths of sockets are.
        let folder = tempfile::Builder::new().prefix("lithops-slurm-").tempdir()?;
        let path = folder.path().canonicalize()?;
        Self::start_in(path, folder).context("Slurm does not start")
    }

    fn start_in(path: PathBuf, folder: TempDir) -> anyhow::Result<Self> {
        let [controller, ssh, nodes @ ..] = free_ports::<5>()?;
        let munge = start_munge(&path)?;
        let settings = Settings { folder: &path, controller, nodes, cgroups: Cgroups::find() };
        settings.write()?;
        fs::create_dir(path.join("shared"))?;
        let mut slurmctld = Command::new("slurmctld");
        slurmctld.args(["-D", "-c", "-f"]).arg(conf(&path));
        let mut controller = Process::start(&path, "slurmctld", &slurmctld)?;
        controller.wait_until("a controller", || works(slurm(&path, "scontrol", &["ping"])))?;
        let mut nodes = Nodes::start(&path)?;
        nodes.wait_until_idle()?;
        let login = Login::start(&path, ssh)?;
        Ok(Self {
            _nodes: nodes,
            _login: login,
            _controller: controller,
            _munge: munge,
            path,
            _folder: folder,
        })
    }

    /// The folder that nodes and clients share.
    pub(crate) fn shared(&self) -> PathBuf {
        self.path.join("shared")
    }

    /// What tests and clients are to be told.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let told = |path: PathBuf| path.display().to_string();
        vec![
            ("SLURM_CONF", told(conf(&self.path))),
            ("LITHOPS_TEST_SLURM", told(self.path.clone())),
            ("LITHOPS_TEST_SLURM_SHARED", told(self.shared())),
            ("LITHOPS_TEST_SLURM_SSH", told(login::config(&self.path))),
        ]
    }

    /// One of Slurm's commands, for this cluster.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        slurm(&self.path, program, arguments)
    }
}

/// Installs what a cluster needs; says why it can't be had here.
pub(crate) fn not_here() -> Option<String> {
    install().err().map(|error| format!("{error:#}"))
}

fn install() -> anyhow::Result<()> {
    if !machine::is_root() {
        bail!("a cluster of Slurm runs what users submit, which takes root");
    }
    super::ensure(PROGRAMS)?;
    if let Err(missing) = super::ensure(CONTAINERS) {
        println!("    without containers: {missing:#}");
    }
    Ok(())
}

/// What tells who somebody is, with a key that no other cluster has.
fn start_munge(folder: &Path) -> anyhow::Result<Process> {
    let own = folder.join("munge");
    // It asks for a folder that no other user writes to.
    fs::DirBuilder::new().mode(0o755).create(&own)?;
    let mut key = [0; 128];
    fs::File::open("/dev/urandom")?.read_exact(&mut key)?;
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o400).open(own.join("key"))?;
    std::io::Write::write_all(&mut file, &key)?;
    let mut munged = Command::new("munged");
    // It is a user of its own in a system's service, and refuses to be root unless it is forced to.
    munged.args(["--foreground", "--force"]);
    for (option, file) in [
        ("key-file", "key"),
        ("socket", "socket"),
        ("pid-file", "pid"),
        ("log-file", "log"),
        ("seed-file", "seed"),
    ] {
        munged.arg(format!("--{option}={}", own.join(file).display()));
    }
    let mut process = Process::start(folder, "munged", &munged)?;
    let socket = own.join("socket");
    process.wait_until("a socket of Munge", || socket.exists())?;
    Ok(process)
}

fn conf(folder: &Path) -> PathBuf {
    folder.join("slurm.conf")
}

fn slurm(folder: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut slurm = command(program, arguments);
    slurm.env("SLURM_CONF", conf(folder)).current_dir(folder);
    slurm
}

/// What a command prints that must succeed.
fn said(mut command: Command) -> anyhow::Result<String> {
    let output = command.output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {errors}", crate::command::line(&command));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
