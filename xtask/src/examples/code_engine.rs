//! Examples on a Code Engine of this machine, in real containers, with jobs in a real bucket.

use std::fs;

use anyhow::ensure;

use super::{number_after, succeed};
use crate::engine;
use crate::servers::{self, Emulator, Started};

/// How many instances run at once: what a small machine bears.
const AT_ONCE: &str = "8";

/// A hundred indices, a few at a time; then nothing of the jobs is left.
pub(crate) fn run() -> anyhow::Result<()> {
    let engine = engine::ensure()?;
    let server = servers::start_named(&["seaweedfs"])?.remove(0);
    let containers = ["--instances", "container", "--network", "host"];
    let emulator = Emulator::start(&[&containers[..], &["--quota-instances", AT_ONCE]].concat())?;
    let settings = emulator.folder().join("lithops.toml");
    fs::write(&settings, lithops_toml(&emulator, &server))?;
    let settings = [("LITHOPS_CONFIG", settings.display().to_string())];

    let hundred = ["--calls=100", "--workers=100"];
    let pi = [&hundred[..], &["--points=20000000"]].concat();
    let printed = succeed("monte_carlo_pi", "code_engine", &pi, &settings)?;
    print!("{printed}");
    let estimate: f64 = number_after("pi is about", &printed)?;
    ensure!((estimate - std::f64::consts::PI).abs() < 0.01, "{estimate} is no pi");
    let printed = succeed("code_engine", "code_engine", &["--calls=20"], &settings)?;
    print!("{printed}");
    ensure!(printed.contains("1270607 primes below 20000000"), "not counted right");
    ensure!(printed.contains("; estimated: ") && printed.contains("; used: "), "no price");

    super::drop_in::same_on("code_engine", &super::drop_in::expected()?, &settings)?;

    let state = emulator.state()?;
    for kind in ["\"job_runs\"", "\"config_maps\""] {
        ensure!(!state.contains(kind), "{kind} were left behind:\n{state}");
    }
    emulator.end()?;
    let left = engine.containers_labelled("lithops-codeengine-emulator")?;
    ensure!(left.is_empty(), "containers were left behind:\n{left}");
    Ok(())
}

/// What a client is to be told.
fn lithops_toml(emulator: &Emulator, server: &Started) -> String {
    let (url, endpoint) = (emulator.url(), server.endpoint());
    let (access_key, secret_key) = (servers::ACCESS_KEY, servers::SECRET_KEY);
    format!(
        "[lithops]\n\
         backend = \"code_engine\"\n\
         storage = \"minio\"\n\
         [minio]\n\
         storage_bucket = \"jobs\"\n\
         endpoint = \"{endpoint}\"\n\
         region = \"us-east-1\"\n\
         path_style = true\n\
         access_key_id = \"{access_key}\"\n\
         secret_access_key = \"{secret_key}\"\n\
         [ibm]\n\
         iam_api_key = \"emulator\"\n\
         region = \"us-south\"\n\
         resource_group_id = \"0123456789abcdef0123456789abcdef\"\n\
         [code_engine]\n\
         endpoint = \"{url}\"\n\
         iam_endpoint = \"{url}\"\n\
         image_delivery = \"engine\"\n"
    )
}
