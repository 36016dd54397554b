//! OpenStack Swift behind its S3 interface, which refuses conditional writes.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::process::{Process, free_ports};
use super::{Running, SECRET_KEY, http};
use crate::command::{command, read};

const KINDS: [&str; 3] = ["account", "container", "object"];

pub(super) fn start(folder: &Path) -> anyhow::Result<Running> {
    let [proxy, memcached, account, container, object] = free_ports()?;
    let user = read(command("id", ["-un"]))?.trim().to_owned();
    fs::create_dir_all(folder.join("devices/d1"))?;
    fs::write(folder.join("swift.conf"), HASHES)?;

    let mut processes = Vec::new();
    let mut cache = Command::new("memcached");
    cache.args(["-l", "127.0.0.1", "-p", &memcached.to_string(), "-U", "0", "-u", &user]);
    let mut cache = Process::start(folder, "memcached", &cache)?;
    cache.wait_for_port(memcached)?;

    for (kind, port) in KINDS.into_iter().zip([account, container, object]) {
        ring(folder, kind, port)?;
        let settings = store_settings(folder, kind, port, &user);
        processes.push((start_server(folder, kind, &settings)?, port));
    }
    let settings = proxy_settings(folder, proxy, memcached, &user);
    let mut front = start_server(folder, "proxy", &settings)?;
    for (server, port) in &mut processes {
        server.wait_for_port(*port)?;
    }
    front.wait_until("a proxy", || http::status(proxy, "/healthcheck") == Some(200))?;

    let mut all = vec![front];
    all.extend(processes.into_iter().map(|(process, _)| process));
    all.push(cache);
    // An access key is an account and a user of it.
    let address = format!("http://lithops%3Alithops:{SECRET_KEY}@127.0.0.1:{proxy}");
    Ok(Running { address, processes: all })
}

/// Tells the proxy where the one store of this kind is.
fn ring(folder: &Path, kind: &str, port: u16) -> anyhow::Result<()> {
    let file = format!("{kind}.builder");
    let device = format!("r1z1-127.0.0.1:{port}/d1");
    for arguments in [&["create", "4", "1", "1"][..], &["add", &device, "1"], &["rebalance"]] {
        let mut builder = Command::new("swift-ring-builder");
        builder.arg(&file).args(arguments).current_dir(folder);
        read(builder)?;
    }
    Ok(())
}

fn start_server(folder: &Path, kind: &str, settings: &str) -> anyhow::Result<Process> {
    let file = folder.join(format!("{kind}-server.conf"));
    fs::write(&file, settings)?;
    let mut server = Command::new(format!("swift-{kind}-server"));
    server.arg(file).arg("--verbose");
    Process::start(folder, kind, &server)
}

const HASHES: &str = "\
[swift-hash]
swift_hash_path_suffix = lithops
swift_hash_path_prefix = lithops
";

fn store_settings(folder: &Path, kind: &str, port: u16, user: &str) -> String {
    let folder = folder.display();
    format!(
        "[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
fallocate_reserve = 0

[pipeline:main]
pipeline = {kind}-server

[app:{kind}-server]
use = egg:swift#{kind}
"
    )
}

fn proxy_settings(folder: &Path, port: u16, memcached: u16, user: &str) -> String {
    let folder = folder.display();
    format!(
        "[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}

[pipeline:main]
pipeline = catch_errors healthcheck cache listing_formats bulk s3api tempauth copy slo dlo \
symlink proxy-server

[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true

[filter:tempauth]
use = egg:swift#tempauth
user_lithops_lithops = {SECRET_KEY} .admin

[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{memcached}

[filter:s3api]
use = egg:swift#s3api

[filter:catch_errors]
use = egg:swift#catch_errors

[filter:healthcheck]
use = egg:swift#healthcheck

[filter:listing_formats]
use = egg:swift#listing_formats

[filter:bulk]
use = egg:swift#bulk

[filter:copy]
use = egg:swift#copy

[filter:slo]
use = egg:swift#slo

[filter:dlo]
use = egg:swift#dlo

[filter:symlink]
use = egg:swift#symlink
"
    )
}
