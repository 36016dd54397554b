//! Ceph's object gateway: a monitor, one object store in memory, and the S3 server before them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Context;

use super::process::{BOUND, Process, free_ports};
use super::{ACCESS_KEY, Running, SECRET_KEY, http, with_login};
use crate::command::{read, works};

/// Names the store to the monitor before it exists.
const OSD: &str = "5d4c1a52-8b1f-4c0e-9d3c-1f5c1c2f7a10";
const CLUSTER: &str = "0f9b1c0e-6c53-4a53-b9a3-8d4e7c1b2a6d";

pub(super) fn start(folder: &Path) -> anyhow::Result<Running> {
    let [mon, rgw] = free_ports()?;
    fs::write(folder.join("ceph.conf"), settings(mon, rgw))?;
    for data in ["mon", "osd", "rgw"] {
        fs::create_dir(folder.join(data))?;
    }
    // With `auth = none` the gateway hangs.
    for (name, capabilities) in [
        ("mon.", &["mon", "allow *"][..]),
        ("client.admin", &["mon", "allow *", "osd", "allow *", "mgr", "allow *"]),
        ("osd.0", &["mon", "allow profile osd", "osd", "allow *"]),
    ] {
        let mut add = tool(folder, "ceph-authtool", &["keyring", "--gen-key", "--name", name]);
        if !folder.join("keyring").exists() {
            add.arg("--create-keyring");
        }
        for capability in capabilities.chunks(2) {
            add.arg("--cap").args(capability);
        }
        read(add)?;
    }

    let address = format!("[v2:127.0.0.1:{mon}]");
    let map = ["--create", "--fsid", CLUSTER, "--addv", "a", &address, "monmap"];
    read(tool(folder, "monmaptool", &map))?;
    let make = ["--conf=ceph.conf", "--id=a", "--mkfs", "--monmap=monmap", "--keyring=keyring"];
    read(tool(folder, "ceph-mon", &make))?;
    let program = tool(folder, "ceph-mon", &["--conf=ceph.conf", "--id=a", "--foreground"]);
    let mut mon = Process::start(folder, "mon", &program)?;
    mon.wait_until("a monitor with a quorum", || works(ceph(folder, &["quorum_status"])))?;

    read(ceph(folder, &["osd", "new", OSD, "0"]))?;
    let make = ["--conf=ceph.conf", "--id=0", "--mkfs", "--osd-uuid", OSD];
    read(tool(folder, "ceph-osd", &make))?;
    read(ceph(folder, &["osd", "crush", "add", "osd.0", "1", "root=default", "host=localhost"]))?;
    let program = tool(folder, "ceph-osd", &["--conf=ceph.conf", "--id=0", "--foreground"]);
    let mut osd = Process::start(folder, "osd", &program)?;
    osd.wait_until("an object store", || {
        let stat = ceph(folder, &["osd", "stat"]).output();
        stat.is_ok_and(|stat| String::from_utf8_lossy(&stat.stdout).contains("1 up"))
    })?;

    add_user(folder)?;
    let program =
        tool(folder, "radosgw", &["--conf=ceph.conf", "--name=client.admin", "--foreground"]);
    let mut gateway = Process::start(folder, "radosgw", &program)?;
    gateway.wait_until("a gateway", || http::status(rgw, "/") == Some(200))?;
    Ok(Running { address: with_login(rgw), processes: vec![gateway, osd, mon] })
}

/// Also makes the pools, which waits for the object store.
fn add_user(folder: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    // Without a bound of its own it would wait for ever for a store that has gone.
    let bound = BOUND.as_secs().to_string();
    let admin = ["radosgw-admin", "--conf=ceph.conf", "--name=client.admin", "user", "create"];
    let mut command = tool(folder, "timeout", &[&bound]);
    command.args(admin).args(["--uid=lithops", "--display-name=lithops"]);
    command.arg(format!("--access-key={ACCESS_KEY}")).arg(format!("--secret-key={SECRET_KEY}"));
    read(command).context("the gateway's user can't be made")?;
    println!("    a user after {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Asks the monitor, for a bounded time.
fn ceph(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = tool(folder, "ceph", &["--conf=ceph.conf", "--connect-timeout=10"]);
    command.args(arguments);
    command
}

/// A program in the folder of the cluster: its settings name other files from there.
fn tool(folder: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    command
}

fn settings(mon: u16, rgw: u16) -> String {
    format!(
        "[global]
fsid = {CLUSTER}
mon_host = [v2:127.0.0.1:{mon}]
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
ms_bind_ipv4 = true
ms_bind_ipv6 = false
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
keyring = keyring
admin_socket =
pid_file =
log_file =
log_to_stderr = true
crash_dir = rgw
run_dir = rgw
mon_data = mon
mon_allow_pool_size_one = true
osd_data = osd
osd_objectstore = memstore
memstore_device_bytes = 8589934592
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_crush_chooseleaf_type = 0
rgw_data = rgw
rgw_frontends = beast endpoint=127.0.0.1:{rgw}
"
    )
}
