//! A server's process: dies with this program, and its log is shown when it does not come up.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::command::line;

/// How long a server may take until it answers.
pub(super) const BOUND: Duration = Duration::from_secs(90);

/// How often a server is asked whether it is there.
const PAUSE: Duration = Duration::from_millis(50);

/// How much of a log is shown.
const TAIL: usize = 40;

/// A program at work; ended when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program whose output goes to `<name>.log` in `folder`.
    pub(super) fn start(folder: &Path, name: &str, program: &Command) -> anyhow::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log).with_context(|| format!("cannot write {log:?}"))?;
        // The kernel ends the server should this program end without having done so.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program.get_program());
        command.args(program.get_args()).current_dir(folder).stdin(Stdio::null());
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdout(output.try_clone()?).stderr(output);
        println!("    $ {} &", line(program));
        let child = command.spawn().with_context(|| format!("cannot start `{}`", line(program)))?;
        Ok(Self { child, log })
    }

    /// Waits until `ready` is true; fails with the end of the log if the program ends before, or
    /// takes too long.
    pub(super) fn wait_until(
        &mut self,
        what: &str,
        mut ready: impl FnMut() -> bool,
    ) -> anyhow::Result<()> {
        let since = Instant::now();
        loop {
            if ready() {
                println!("    {what} after {:.1} s", since.elapsed().as_secs_f64());
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status} before {what}:\n{}", self.log_tail());
            }
            if since.elapsed() > BOUND {
                bail!("not {what} within {BOUND:?}:\n{}", self.log_tail());
            }
            thread::sleep(PAUSE);
        }
    }

    /// Waits until something accepts connections there.
    pub(super) fn wait_for_port(&mut self, port: u16) -> anyhow::Result<()> {
        self.wait_until(&format!("listening on port {port}"), || listens(port))
    }

    fn log_tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    }
}

impl Process {
    /// Asks the program to end, and waits until it has: for one that has something to remove.
    pub(super) fn end_well(mut self) -> anyhow::Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(asked.success(), "the server can't be asked to end");
        let deadline = Instant::now() + BOUND;
        while self.child.try_wait()?.is_none() {
            ensure!(Instant::now() < deadline, "the server does not end:\n{}", self.log_tail());
            thread::sleep(PAUSE);
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has nothing to save: its folder goes next. An error says that it has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Ports of 127.0.0.1 that nothing listens on, all different.
pub(super) fn free_ports<const N: usize>() -> anyhow::Result<[u16; N]> {
    let listeners: Vec<TcpListener> = (0..N)
        .map(|_| TcpListener::bind(("127.0.0.1", 0)))
        .collect::<Result<_, _>>()
        .context("cannot listen on 127.0.0.1")?;
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

fn listens(port: u16) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn free_ports_are_all_different() -> anyhow::Result<()> {
        let mut ports = free_ports::<8>()?;
        ports.sort_unstable();
        assert!(ports.windows(2).all(|pair| pair[0] != pair[1]), "{ports:?}");
        Ok(())
    }

    #[test]
    fn a_server_that_ends_too_early_shows_its_log() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut program = Command::new("sh");
        program.args(["-c", "echo no such option; exit 3"]);
        let mut process = Process::start(folder.path(), "server", &program)?;
        let outcome = process.wait_until("ready", || false);
        let error = outcome.expect_err("the program has ended").to_string();
        assert!(error.contains("exit status: 3") && error.ends_with("no such option"), "{error}");
        Ok(())
    }
}
