//! `cargo xtask servers`: servers for whoever works on this tree.

use anyhow::Context;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{SERVERS, Started, Suite, start, start_named};

/// Starts the servers of these names, or all that can be had, says how to reach them, and stops
/// them when interrupted.
pub(crate) fn until_interrupted(names: &[&str]) -> anyhow::Result<()> {
    // From here on, Ctrl-C only ends the waiting; the servers are stopped in any case.
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("cannot listen for Ctrl-C")?;
    let started = if names.is_empty() { start_all() } else { start_named(names)? };
    println!();
    for server in &started {
        let (variable, address) = server.variable();
        println!("export {variable}={address}");
    }
    println!();
    println!("# in another terminal:");
    for suite in [Suite::Storages, Suite::Registries] {
        if started.iter().any(|server| server.suite == suite) {
            println!("cargo test --workspace --all-features --test {}", suite.name());
        }
    }
    println!("Ctrl-C stops the servers");
    signals.forever().next();
    Ok(())
}

fn start_all() -> Vec<Started> {
    let mut started = Vec::new();
    for server in SERVERS {
        match start(server) {
            Ok(server) => started.push(server),
            Err(error) => println!("    without {} ({}): {error:#}", server.name, server.what),
        }
    }
    started
}
