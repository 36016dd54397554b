//! What is said of containers on this machine.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::setting::HIDDEN;

/// `[containers]`: containers of a Docker Engine, or a Podman, of this machine.
#[derive(Clone, Default, PartialEq, Deserialize)]
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

impl fmt::Debug for ContainersSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runtime,
            worker_processes,
            runtime_cpu,
            runtime_memory,
            pids_limit,
            network,
            user,
            volumes,
            environment,
            engine,
        } = self;
        // Of an environment nobody knows what is a secret.
        let environment: BTreeMap<_, _> = environment.keys().map(|name| (name, HIDDEN)).collect();
        f.debug_struct("ContainersSection")
            .field("runtime", runtime)
            .field("worker_processes", worker_processes)
            .field("runtime_cpu", runtime_cpu)
            .field("runtime_memory", runtime_memory)
            .field("pids_limit", pids_limit)
            .field("network", network)
            .field("user", user)
            .field("volumes", volumes)
            .field("environment", &environment)
            .field("engine", engine)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_value_of_the_environment() {
        let environment = BTreeMap::from([("TOKEN".to_owned(), "s3cr3t".to_owned())]);
        let section = ContainersSection { environment, ..ContainersSection::default() };
        let told = format!("{section:?}");
        assert!(told.contains(r#"environment: {"TOKEN": "***"}"#), "{told}");
        assert!(!told.contains("s3cr3t"), "{told}");
    }
}
