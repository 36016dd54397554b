//! What is said of containers on this machine.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `[containers]`: containers of a Docker Engine, or a Podman, of this machine.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContainersSection {
    /// The runtime image, by name; an image made of the program by default.
    pub runtime: Option<String>,
    /// How many calls share a container, each in a process of its own; 1 by default.
    pub worker_processes: Option<usize>,
    /// How many processors a container may use; all by default.
    pub runtime_cpu: Option<f64>,
    /// How much memory a container may use, in MiB; no limit by default.
    pub runtime_memory: Option<u64>,
    /// How many processes and threads a container may have; 1024 by default.
    pub pids_limit: Option<u32>,
    /// `none` (the default), `bridge`, `host`, or a network that the engine has.
    pub network: Option<String>,
    /// The user in containers, as `uid` or `uid:gid`; one that is not root by default.
    pub user: Option<String>,
    /// Folders and volumes that containers see, as `SOURCE:TARGET` or `SOURCE:TARGET:ro`.
    pub volumes: Vec<String>,
    /// Environment variables of all containers.
    pub environment: BTreeMap<String, String>,
    /// Where the engine is, as `DOCKER_HOST` says it; found as the Docker CLI does by default.
    pub engine: Option<String>,
}
