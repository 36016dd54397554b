//! SeaweedFS: an S3 server with atomic creates, that checks signatures and checksums.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::process::{Process, free_ports};
use super::{ACCESS_KEY, Running, SECRET_KEY, http, python, with_login};

pub(super) fn start(folder: &Path) -> anyhow::Result<Running> {
    let programs = python::programs("seaweedfs")?;
    // Each service has a second port for gRPC, by default 10,000 above its first: maybe taken.
    let [master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3, s3_grpc] = free_ports()?;
    let identities = folder.join("identities.json");
    fs::write(&identities, identity())?;
    let data = folder.join("data");
    fs::create_dir(&data)?;

    let mut weed = Command::new(programs.join("weed"));
    weed.args(["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-s3.iam=false"]);
    weed.arg(format!("-dir={}", data.display()));
    weed.arg(format!("-s3.config={}", identities.display()));
    weed.arg(format!("-master.port={master}")).arg(format!("-master.port.grpc={master_grpc}"));
    weed.arg(format!("-volume.port={volume}")).arg(format!("-volume.port.grpc={volume_grpc}"));
    weed.arg(format!("-filer.port={filer}")).arg(format!("-filer.port.grpc={filer_grpc}"));
    weed.arg(format!("-s3.port={s3}")).arg(format!("-s3.port.grpc={s3_grpc}"));
    weed.args(["-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"]);
    // A bucket takes a few volumes at once, and each test has a bucket of its own.
    weed.args(["-volume.max=500", "-master.volumeSizeLimitMB=256"]);
    let mut process = Process::start(folder, "weed", &weed)?;
    process.wait_for_port(s3)?;
    process.wait_until("answering S3 requests", || {
        // Forbidden to strangers: it knows its identities. Before, it answers 5xx or nothing.
        http::status(s3, "/") == Some(403)
    })?;
    // Volumes are given out only when the volume server has told the master of itself.
    process.wait_until("having volumes", || {
        http::body(master, "/dir/status").is_some_and(|status| status.contains("DataNodes"))
    })?;
    Ok(Running { address: with_login(s3), processes: vec![process] })
}

fn identity() -> String {
    format!(
        r#"{{"identities": [{{
            "name": "lithops",
            "credentials": [{{"accessKey": "{ACCESS_KEY}", "secretKey": "{SECRET_KEY}"}}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"]
        }}]}}"#
    )
}
