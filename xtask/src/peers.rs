//! The comparison with peers: an S3 server at hand, and the script that lets all sides take turns.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use signal_hook::consts::SIGINT;

use crate::command::{command, run as run_command, works};
use crate::machine;
use crate::servers;

/// Peers that are programs, and Debian's packages that have them.
const PROGRAMS: &[(&str, &str)] = &[("parallel", "parallel"), ("rg", "ripgrep")];

/// Installs what is missing, starts the server, and runs `benches/peers/run.py` with these options.
///
/// What can't be had costs only its own lines: the script tells what it has left out.
pub(crate) fn run(options: &[&str]) -> anyhow::Result<()> {
    let missing = PROGRAMS.iter().filter(|(program, _)| !works(command("which", [program])));
    let packages: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if let Err(error) = machine::install_packages(&packages) {
        println!("    without {}: {error:#}", packages.join(", "));
    }
    let needs_server = !options.contains(&"--selfcheck");
    let server = needs_server.then(|| servers::start_named(&["seaweedfs"]));
    let server = match server.transpose() {
        Ok(server) => server,
        Err(error) => {
            println!("    without an S3 server: {error:#}");
            None
        }
    };
    // The script hears Ctrl-C itself, and ends what it has started; this waits for it. Should this
    // program be killed, the kernel tells the script.
    signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)))
        .context("cannot listen for Ctrl-C")?;
    let mut script = command("setpriv", ["--pdeathsig", "TERM", "--", "python3"]);
    script.arg("benches/peers/run.py").args(options);
    for started in server.iter().flatten() {
        script.envs(started.as_environment());
    }
    run_command(script)
}
