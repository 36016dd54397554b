//! The comparison with peers: an S3 server at hand, and the script that lets all sides take turns.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use signal_hook::consts::SIGINT;

use crate::command::{command, run as run_command, works};
use crate::machine;
use crate::servers;
use crate::steps::Steps;

/// Peers that are programs, and Debian's packages that have them.
const PROGRAMS: &[(&str, &str)] = &[("parallel", "parallel"), ("rg", "ripgrep")];

/// The arithmetic of the comparison, and its Rust sides against values that are known; no peer.
pub(crate) fn check(steps: &mut Steps) {
    steps.run("comparison with peers: arithmetic, Rust sides", |_| {
        run_command(command("python3", ["benches/peers/run.py", "--selfcheck"]))
    });
}

/// Installs what is missing, starts the server, and runs `benches/peers/run.py` with these options.
///
/// What can't be had costs only its own lines: the script tells what it has left out.
pub(crate) fn run(options: &[&str], steps: &mut Steps) -> anyhow::Result<()> {
    if options.contains(&"--selfcheck") {
        check(steps);
        return Ok(());
    }
    let missing = PROGRAMS.iter().filter(|(program, _)| !works(command("which", [program])));
    let packages: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if let Err(error) = machine::install_packages(&packages) {
        println!("    without {}: {error:#}", packages.join(", "));
    }
    let server = match servers::start_named(&["seaweedfs"]) {
        Ok(server) => server,
        Err(error) => {
            println!("    without an S3 server: {error:#}");
            Vec::new()
        }
    };
    // The script hears Ctrl-C itself, and ends what it has started; this waits for it. Should this
    // program be killed, the kernel tells the script.
    signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)))
        .context("cannot listen for Ctrl-C")?;
    let mut script = command("setpriv", ["--pdeathsig", "TERM", "--", "python3"]);
    script.arg("benches/peers/run.py").args(options);
    for started in &server {
        script.envs(started.as_environment());
    }
    run_command(script)
}
