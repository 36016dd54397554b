//! Docker's registry of images, which wants to know who asks.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::process::{Process, free_ports};
use super::{Running, http, with_login};

/// The user and the password of all servers here, as `htpasswd -B` writes them; with the fewest
/// rounds, since each request goes through them.
const PASSWORDS: &str = "lithops:$2b$04$tbMpmQGpI0KG9rH4vcpQ9.xIzDH0OKKONFnBYmT7s6cZRYOmD7H2e\n";

pub(super) fn start(folder: &Path) -> anyhow::Result<Running> {
    let [port] = free_ports()?;
    fs::write(folder.join("htpasswd"), PASSWORDS)?;
    let settings = folder.join("registry.yml");
    fs::write(&settings, configuration(folder, port))?;
    let mut registry = Command::new("docker-registry");
    registry.arg("serve").arg(&settings);
    let mut process = Process::start(folder, "registry", &registry)?;
    // Refused, because nobody asks.
    process.wait_until("a registry", || http::status(port, "/v2/") == Some(401))?;
    Ok(Running { address: with_login(port), processes: vec![process] })
}

fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "version: 0.1\n\
         log: {{level: warn}}\n\
         storage:\n\
         \x20 filesystem: {{rootdirectory: '{folder}/data'}}\n\
         \x20 delete: {{enabled: true}}\n\
         http: {{addr: '127.0.0.1:{port}'}}\n\
         auth:\n\
         \x20 htpasswd: {{realm: lithops, path: '{folder}/htpasswd'}}\n"
    )
}
