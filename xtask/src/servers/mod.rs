//! Real servers for the tests of storages and registries: installed, started on loopback, and always stopped.

mod code_engine;
mod emulator;
mod files;
mod http;
mod process;
mod python;
mod radosgw;
mod rclone;
mod redis;
mod registry;
mod seaweedfs;
mod slurm;
mod suite;
mod swift;
mod wait;

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::command::{command, target, works};
use crate::machine;
use process::Process;

pub(crate) use code_engine::drive_code_engine;
pub(crate) use emulator::Emulator;
pub(crate) use files::files;
pub(crate) use slurm::{Slurm, not_here as slurm_not_here};
pub(crate) use suite::run_all;
pub(crate) use wait::until_interrupted;

/// Whoever reaches the servers is on this machine, and they hold nothing but what tests write.
pub(crate) const ACCESS_KEY: &str = "lithops";
pub(crate) const SECRET_KEY: &str = "lithops-secret";

/// One server that tests can run against.
pub(crate) struct Server {
    /// Names the server to its suite, and its cases.
    pub(crate) name: &'static str,
    /// What is tested with it.
    what: &'static str,
    /// The tests that need it.
    suite: Suite,
    /// Whether CI can't do without.
    required: bool,
    /// Programs that it needs and Debian's packages that have them.
    programs: &'static [Program],
    start: fn(&Path) -> anyhow::Result<Running>,
}

/// Tests that look for servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suite {
    /// The promises of a storage, for each server.
    Storages,
    /// Pushing and pulling images.
    Registries,
}

/// A program, and Debian's packages that have it.
type Program = (&'static str, &'static [&'static str]);

const PYTHON: Program = ("python3", &["python3", "python3-venv"]);

/// All of them, in the order in which their suites are run.
pub(crate) const SERVERS: &[Server] = &[
    Server {
        name: "seaweedfs",
        what: "S3",
        suite: Suite::Storages,
        required: true,
        programs: &[PYTHON],
        start: seaweedfs::start,
    },
    Server {
        name: "radosgw",
        what: "S3, of an unlike make",
        suite: Suite::Storages,
        required: true,
        programs: &[
            ("radosgw", &["radosgw"]),
            ("ceph-mon", &["ceph-mon"]),
            ("ceph-osd", &["ceph-osd"]),
            ("ceph", &["ceph-common"]),
        ],
        start: radosgw::start,
    },
    Server {
        name: "swift",
        what: "S3 that refuses conditional writes",
        suite: Suite::Storages,
        required: false,
        programs: &[
            ("swift-proxy-server", &["swift-proxy"]),
            ("swift-account-server", &["swift-account"]),
            ("swift-container-server", &["swift-container"]),
            ("swift-object-server", &["swift-object"]),
            ("memcached", &["memcached"]),
        ],
        start: swift::start,
    },
    Server {
        name: "rclone",
        what: "S3 that ignores the conditions of conditional writes",
        suite: Suite::Storages,
        required: false,
        programs: &[PYTHON],
        start: rclone::start,
    },
    Server {
        name: "redis",
        what: "Redis",
        suite: Suite::Storages,
        required: true,
        programs: &[("redis-server", &["redis-server"])],
        start: redis::start,
    },
    Server {
        name: "registry",
        what: "images",
        suite: Suite::Registries,
        required: true,
        programs: &[("docker-registry", &["docker-registry"])],
        start: registry::start,
    },
];

/// What starting a server gives: where it is, and what to stop.
struct Running {
    address: String,
    processes: Vec<Process>,
}

/// A server at work; stopped and its data removed when this is dropped.
pub(crate) struct Started {
    variable: String,
    suite: Suite,
    address: String,
    // In this order: the folder goes when nobody writes to it any more.
    _processes: Vec<Process>,
    _folder: TempDir,
}

impl Started {
    /// The address without user and password.
    pub(crate) fn endpoint(&self) -> String {
        match (self.address.split_once("://"), self.address.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
            _ => self.address.clone(),
        }
    }

    /// The environment variable that the suite looks for, and its value.
    pub(crate) fn variable(&self) -> (&str, &str) {
        (&self.variable, &self.address)
    }

    /// The variables by which Amazon's own tools, and ours, find an S3 server.
    pub(crate) fn as_environment(&self) -> Vec<(&'static str, String)> {
        let host = self.address.rsplit_once('@').map_or(self.address.as_str(), |(_, host)| host);
        vec![
            ("AWS_ENDPOINT_URL_S3", format!("http://{host}")),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }
}

/// Installs what a server needs and starts it.
///
/// # Errors
/// Says what is missing and how to get it, or shows the end of the log of what did not come up.
pub(crate) fn start(server: &Server) -> anyhow::Result<Started> {
    install(server)?;
    let parent = target().join("servers");
    fs::create_dir_all(&parent)?;
    let prefix = format!("{}-", server.name);
    let folder = tempfile::Builder::new().prefix(&prefix).tempdir_in(&parent)?;
    // Some servers go to another folder before they look for their files.
    let path = folder.path().canonicalize()?;
    let started = (server.start)(&path);
    let Running { address, processes } =
        started.with_context(|| format!("{} does not start", server.name))?;
    let variable = format!("LITHOPS_TEST_{}", server.name.to_uppercase());
    Ok(Started { variable, suite: server.suite, address, _processes: processes, _folder: folder })
}

/// Starts the servers of these names, as [`start`] does.
pub(crate) fn start_named(names: &[&str]) -> anyhow::Result<Vec<Started>> {
    let servers = names.iter().map(|name| {
        let server = SERVERS.iter().find(|server| server.name == *name);
        server.with_context(|| {
            let known: Vec<_> = SERVERS.iter().map(|server| server.name).collect();
            format!("there is no server {name}; there are {}", known.join(", "))
        })
    });
    let servers = servers.collect::<anyhow::Result<Vec<_>>>()?;
    servers.into_iter().map(start).collect()
}

/// Why the server of this name can't be had here, unless it must be: then that is an error.
pub(crate) fn not_here(name: &str) -> anyhow::Result<Option<String>> {
    let server = SERVERS.iter().find(|server| server.name == name);
    let server = server.with_context(|| format!("there is no server {name}"))?;
    match install(server) {
        Ok(()) => Ok(None),
        Err(error) if server.required && is_ci() => Err(error),
        Err(error) => Ok(Some(format!("{error:#}"))),
    }
}

fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

fn install(server: &Server) -> anyhow::Result<()> {
    ensure(server.programs)
}

/// Installs the packages of programs that are missing, or says which are.
fn ensure(programs: &[Program]) -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") || !works(command("setpriv", ["--version"])) {
        bail!("servers are only started on Linux, with util-linux's setpriv");
    }
    let there = |program: &str| works(command("which", [program]));
    let missing = |(program, _): &&(&str, _)| !there(program);
    let packages: Vec<&str> = programs
        .iter()
        .filter(missing)
        .flat_map(|(_, packages)| packages.iter().copied())
        .collect();
    machine::install_packages(&packages)?;
    let missing: Vec<_> = programs.iter().filter(missing).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        bail!("{} missing; Debian has: {}", missing.join(", "), packages.join(" "));
    }
    Ok(())
}

fn with_login(port: u16) -> String {
    format!("http://{ACCESS_KEY}:{SECRET_KEY}@127.0.0.1:{port}")
}
