//! The Docker command line, as a witness that is not ours; and engines of a test's own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// What an engine that a test has made may take to answer.
const BOUND: Duration = Duration::from_secs(60);

/// Runs `docker` and gives what it prints.
pub(crate) fn docker(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("docker").args(arguments).output().map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// The engine's version, or why there is none.
pub(crate) fn engine() -> Result<String, String> {
    docker(&["version", "--format", "{{.Server.Version}}"])
        .map_err(|error| format!("no Docker Engine answers: {error}"))
}

/// Whether the engine has this container, running or not.
pub(crate) fn has_container(id: &str) -> bool {
    let filter = format!("id={id}");
    !docker(&["ps", "--all", "--quiet", "--filter", &filter]).unwrap().is_empty()
}

/// Waits for a condition.
pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + BOUND;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} takes longer than {BOUND:?}");
        std::thread::yield_now();
    }
}

/// Whether a test can have an engine of its own, or why not.
pub(crate) fn own_engine() -> Result<(), String> {
    if !rustix::process::getuid().is_root() {
        return Err("an engine of its own needs root".to_owned());
    }
    for program in ["dockerd", "unshare"] {
        let found = Command::new(program).arg("--version").stdout(Stdio::null()).status();
        found.map_err(|error| format!("{program} can't be run: {error}"))?;
    }
    Ok(())
}

/// An engine of a test's own, in a network of its own: it can be restarted without harm to others.
pub(crate) struct OwnEngine {
    folder: TempDir,
    process: Child,
}

impl OwnEngine {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = run(folder.path());
        Self { folder, process }
    }

    pub(crate) fn address(&self) -> String {
        format!("unix://{}", self.folder.path().join("docker.sock").display())
    }

    /// Stops the engine, and its containers with it, and starts it again.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.process = run(self.folder.path());
    }

    fn stop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let deadline = Instant::now() + BOUND;
        while self.process.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the engine does not end");
            std::thread::yield_now();
        }
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(folder: &Path) -> Child {
    let path = |name: &str| folder.join(name).display().to_string();
    let config = path("daemon.json");
    std::fs::write(&config, "{}").unwrap();
    let driver = docker(&["info", "--format", "{{.Driver}}"]).unwrap_or_else(|_| "vfs".to_owned());
    let address = format!("unix://{}", path("docker.sock"));
    let process = Command::new("unshare")
        .args(["--net", "dockerd", "--bridge=none", "--iptables=false"])
        .args(["--config-file", &config, "--host", &address, "--storage-driver", &driver])
        .args(["--data-root", &path("data"), "--exec-root", &path("exec")])
        .args(["--pidfile", &path("pid")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the engine's start", || docker(&["--host", &address, "version"]).is_ok());
    process
}
