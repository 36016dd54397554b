//! A client that reaches the cluster by SSH alone, with jobs' objects in a Redis server.

use lithops::prelude::*;

use crate::Case;
use crate::cluster::{self, Cluster};
use crate::tenant::{ELSEWHERE, Tenant, builder};

pub(crate) const CASES: &[Case] =
    &[("login::a_client_elsewhere_leaves_nothing", a_client_elsewhere_leaves_nothing)];

const REDIS: &str = "LITHOPS_TEST_REDIS";

/// Whether there are a cluster and a server for jobs' objects, or what to do to have them.
pub(crate) fn both() -> Result<(), String> {
    cluster::named()?;
    let missing = format!("{REDIS} names no Redis server: `cargo xtask slurm` starts one");
    std::env::var_os(REDIS).map(drop).ok_or(missing)
}

/// The section of the server, with jobs' objects below `prefix`.
pub(crate) fn redis(prefix: &str) -> String {
    let address = std::env::var(REDIS).unwrap();
    let (_, address) = address.split_once("://").unwrap();
    let (login, host) = address.split_once('@').unwrap();
    let (host, port) = host.split_once(':').unwrap();
    let password = login.trim_start_matches(':');
    format!(
        "[redis]\nhost = \"{host}\"\nport = {port}\npassword = \"{password}\"\nstorage_bucket = \
         \"{prefix}\"\n"
    )
}

/// Lines of `[slurm]` for a client elsewhere.
pub(crate) fn by_ssh(cluster: &Cluster) -> String {
    format!("login = \"login\"\nssh_config = \"{}\"\n{ELSEWHERE}", cluster.ssh().display())
}

fn a_client_elsewhere_leaves_nothing() {
    let tenant = Tenant::new();
    let way = by_ssh(&tenant.cluster);
    let text = tenant.text(&format!("keep_program = false\n{way}\n{}", redis("login")));
    lithops::block_on(async {
        let exec = builder(&text).workers(2).storage("redis").build().await.unwrap();
        assert_eq!(exec.map(|x: u32| x + 1, 0..4).await.unwrap(), [1, 2, 3, 4]);
        let storage = exec.storage();
        exec.shutdown().await;
        assert!(storage.list("", None).await.unwrap().objects.is_empty());
    });
    tenant.assert_nothing_is_left();
}
