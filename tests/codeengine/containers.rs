//! Instances that are real containers, of an image made of this program.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use lithops::ExecutorExt;
use lithops_codeengine_emulator::instance::ContainerSettings;
use lithops_codeengine_emulator::{InstanceQuota, Instances, Settings};

use super::Case;
use super::cloud::{Cloud, wait};

pub(crate) const CASES: &[Case] = &[(
    "containers::a_hundred_indices_run_four_at_a_time_and_nothing_is_left",
    a_hundred_indices_run_four_at_a_time_and_nothing_is_left,
)];

/// The image goes to the engine of this machine.
pub(crate) const SECTION: &str = "image_delivery = \"engine\"";

/// Runs `docker` and gives what it prints.
fn docker(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("docker").args(arguments).output().map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// The engine's version, or why there is none.
pub(crate) fn engine() -> Result<String, String> {
    docker(&["version", "--format", "{{.Server.Version}}"])
        .map_err(|error| format!("no Docker Engine answers: {error}"))
}

/// An emulator whose containers reach the S3 server as this machine does.
pub(crate) fn settings() -> Settings {
    let network = "host".to_owned();
    let containers = ContainerSettings { network, ..ContainerSettings::default() };
    Settings { instances: Instances::Containers(containers), ..Settings::default() }
}

/// The containers of emulators that this process has started.
fn containers() -> String {
    docker(&["ps", "--all", "--quiet", "--filter", "label=lithops-codeengine-emulator"]).unwrap()
}

fn process_namespace(_: u32) -> String {
    std::fs::read_link("/proc/self/ns/pid").unwrap().display().to_string()
}

fn a_hundred_indices_run_four_at_a_time_and_nothing_is_left() {
    let quota = InstanceQuota { active: 4, ..InstanceQuota::default() };
    let cloud = wait(Cloud::new(Settings { instance_quota: quota, ..settings() }));
    let exec = wait(cloud.builder(SECTION).workers(100).build()).unwrap();
    let job = exec.map(process_namespace, 0..100).submit().unwrap();
    let ended = async { (job.results().await.unwrap(), job.finished().await) };
    let bounded = async { tokio::time::timeout(Duration::from_secs(300), ended).await };
    let (results, summary) = wait(bounded).unwrap();

    // Each index was a container of its own, with a space of processes of its own; the kernel may use
    // a name again for one that is gone.
    let mut spaces = BTreeMap::new();
    results.into_iter().for_each(|space| *spaces.entry(space).or_insert(0) += 1);
    assert!(!spaces.contains_key(&process_namespace(0)), "{spaces:?}");
    assert_eq!((summary.calls, summary.succeeded, summary.workers), (100, 100, 100));
    assert!(summary.used.is_some(), "{summary}");
    drop(job);
    wait(lithops::Executor::shutdown(&exec));

    for kind in ["job_runs", "config_maps"] {
        assert_eq!(cloud.resources(kind), Vec::<String>::new());
    }
    assert_eq!(cloud.objects(), Vec::<String>::new());
    drop(cloud);
    assert_eq!(containers(), "");
}
