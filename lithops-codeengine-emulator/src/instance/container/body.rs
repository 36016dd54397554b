//! What the engine is asked for.

use std::collections::HashMap;

use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType};

use super::super::InstanceSpec;
use super::files::Folders;
use super::{LABEL, Shared};

/// A billionth of a processor for each thousandth.
const NANO_FOR_MILLI: u64 = 1_000_000;

pub(super) fn body(shared: &Shared, spec: &InstanceSpec, folders: &Folders) -> ContainerCreateBody {
    let some = |words: &Vec<String>| (!words.is_empty()).then(|| words.clone());
    let environment = spec.environment.iter().map(|it| format!("{}={}", it.name, it.value));
    let network = shared.settings.network.as_str();
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        entrypoint: some(&spec.commands),
        cmd: some(&spec.arguments),
        env: Some(environment.collect()),
        user: Some(spec.user.to_string()),
        // The engine refuses another name where the name is the machine's.
        hostname: (network != "host").then(|| spec.hostname.clone()),
        tty: Some(false),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        labels: Some(HashMap::from([(LABEL.to_owned(), shared.owner.clone())])),
        host_config: Some(host_config(shared, spec, folders)),
        ..ContainerCreateBody::default()
    }
}

fn host_config(shared: &Shared, spec: &InstanceSpec, folders: &Folders) -> HostConfig {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let memory = Some(signed(spec.memory));
    let cpu_milli = spec.cpu_milli.min(shared.processors.saturating_mul(1000));
    let network = shared.settings.network.clone();
    let gateway = || vec!["host.docker.internal:host-gateway".to_owned()];
    let mount = |(source, target): &(std::path::PathBuf, String)| Mount {
        typ: Some(MountType::BIND),
        source: Some(source.display().to_string()),
        target: Some(target.clone()),
        read_only: Some(true),
        ..Mount::default()
    };
    HostConfig {
        nano_cpus: Some(signed(cpu_milli.saturating_mul(NANO_FOR_MILLI))),
        memory,
        // As much as without swap.
        memory_swap: memory,
        pids_limit: Some(shared.settings.pids),
        mounts: Some(folders.mounts.iter().map(mount).collect()),
        extra_hosts: (network == "bridge").then(gateway),
        network_mode: Some(network),
        ..HostConfig::default()
    }
}
