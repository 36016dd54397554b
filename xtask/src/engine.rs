//! A Docker Engine for what runs in containers: the one that is there, else one that is started.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::command::{command, target, works};
use crate::machine;

/// How long an engine may take to answer.
const BOUND: Duration = Duration::from_secs(60);

/// An engine that answers; stopped when this is dropped, if it was started here.
pub(crate) struct Engine {
    started: Option<Child>,
}

/// Finds an engine, or starts one where root and a package allow it; `Err` says why there is none.
pub(crate) fn ensure() -> anyhow::Result<Engine> {
    if answers() {
        return Ok(Engine { started: None });
    }
    if !works(command("dockerd", ["--version"])) {
        machine::install_packages(&["docker.io"])?;
    }
    if !works(command("dockerd", ["--version"])) || !machine::is_root() {
        bail!("no Docker Engine answers, and starting one takes root and Debian's docker.io");
    }
    std::fs::create_dir_all(target().join("xtask"))?;
    let log = std::fs::File::create(target().join("xtask/dockerd.log"))?;
    let mut engine = Command::new("dockerd");
    engine.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let mut started = engine.spawn()?;
    let deadline = Instant::now() + BOUND;
    while !answers() {
        let ended = started.try_wait()?;
        if ended.is_some() || Instant::now() > deadline {
            drop(Engine { started: Some(started) });
            bail!("the Docker Engine does not come up: see target/xtask/dockerd.log");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(Engine { started: Some(started) })
}

fn answers() -> bool {
    works(command("docker", ["version"]))
}

impl Engine {
    /// What `docker ps --all` shows of ours.
    pub(crate) fn containers(&self) -> anyhow::Result<String> {
        self.containers_labelled("dev.lithops.owner")
    }

    /// What it shows with this label.
    pub(crate) fn containers_labelled(&self, label: &str) -> anyhow::Result<String> {
        let filter = format!("label={label}");
        let ours = ["ps", "--all", "--filter", &filter, "--format", "{{.Names}}"];
        crate::command::read(command("docker", ours))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let Some(started) = &mut self.started else { return };
        // It ends its containers when it is asked to end, not when it is killed.
        works(command("kill", ["-TERM".to_owned(), started.id().to_string()]));
        started.wait().ok();
    }
}
