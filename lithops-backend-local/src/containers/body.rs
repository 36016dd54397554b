//! What the engine is asked for: a container with nothing that it was not given.

use std::collections::HashMap;
use std::path::Path;

use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType};

use super::config::{ContainerConfig, Volume};

/// Where containers find the client's socket: the mount point, and the socket there.
pub(super) const MOUNT_POINT: &str = "/lithops";
pub(super) const SOCKET: &str = "/lithops/client";

/// The user of containers whose client is root.
const NOBODY_ELSE: &str = "65532:65532";

/// What all containers of an executor have alike.
#[derive(Debug)]
pub(super) struct Terms<'a> {
    pub(super) config: &'a ContainerConfig,
    /// The image's name or id.
    pub(super) image: &'a str,
    /// The folder with the client's socket.
    pub(super) folder: &'a Path,
    pub(super) labels: HashMap<String, String>,
    /// This process's user and group.
    pub(super) own: (u32, u32),
}

/// The container, with `environment` on top of what the configuration says.
pub(super) fn body(terms: Terms<'_>, environment: Vec<(&str, String)>) -> ContainerCreateBody {
    let Terms { config, image, folder, labels, own } = terms;
    // A user that the image does not know would have the read-only root for a home.
    let home = (!config.environment.contains_key("HOME")).then(|| "HOME=/tmp".to_owned());
    let configured = config.environment.iter().map(|(name, value)| format!("{name}={value}"));
    let environment = environment.into_iter().map(|(name, value)| format!("{name}={value}"));
    ContainerCreateBody {
        image: Some(image.to_owned()),
        user: Some(config.user.clone().unwrap_or_else(|| user(own))),
        env: Some(home.into_iter().chain(configured).chain(environment).collect()),
        // Without a terminal, so that output and errors stay apart; with them for who looks by hand.
        tty: Some(false),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        labels: Some(labels),
        host_config: Some(host_config(config, folder)),
        ..ContainerCreateBody::default()
    }
}

fn user(own: (u32, u32)) -> String {
    match own {
        (0, _) => NOBODY_ELSE.to_owned(),
        (user, group) => format!("{user}:{group}"),
    }
}

fn host_config(config: &ContainerConfig, folder: &Path) -> HostConfig {
    let socket = Mount {
        typ: Some(MountType::BIND),
        source: Some(folder.display().to_string()),
        target: Some(MOUNT_POINT.to_owned()),
        read_only: Some(true),
        ..Mount::default()
    };
    let memory = config.memory.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    HostConfig {
        mounts: Some(std::iter::once(socket).chain(config.volumes.iter().map(mount)).collect()),
        // What a killed client leaves ends by itself, and is removed by the engine then.
        auto_remove: Some(true),
        network_mode: Some(config.network.clone()),
        readonly_rootfs: Some(true),
        // Owner and mode are said because some runtimes take them from the image's folder.
        tmpfs: Some(HashMap::from([(
            "/tmp".to_owned(),
            "rw,exec,nosuid,nodev,mode=1777".to_owned(),
        )])),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        pids_limit: Some(i64::from(config.pids)),
        memory,
        // As much as without swap: a call that needs more is to be told so, not to crawl.
        memory_swap: memory,
        nano_cpus: config.cpu.map(|processors| (processors * 1e9) as i64),
        ..HostConfig::default()
    }
}

fn mount(volume: &Volume) -> Mount {
    let is_path = volume.source.starts_with('/');
    Mount {
        typ: Some(if is_path { MountType::BIND } else { MountType::VOLUME }),
        source: Some(volume.source.clone()),
        target: Some(volume.target.clone()),
        read_only: Some(volume.read_only),
        ..Mount::default()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    fn made(config: &ContainerConfig, own: (u32, u32)) -> ContainerCreateBody {
        let folder = Path::new("/run/x");
        let labels = HashMap::new();
        let terms = Terms { config, image: "lithops/a:1", folder, labels, own };
        body(terms, vec![("LITHOPS_WORKER", "agent".to_owned())])
    }

    #[test]
    fn a_container_has_nothing_that_it_was_not_given() {
        let body = made(&ContainerConfig::default(), (0, 0));
        let host = body.host_config.unwrap();
        assert_eq!(body.user.as_deref(), Some("65532:65532"));
        assert_eq!(host.network_mode.as_deref(), Some("none"));
        assert_eq!(host.readonly_rootfs, Some(true));
        assert_eq!(host.cap_drop.unwrap(), ["ALL"]);
        assert_eq!(host.security_opt.unwrap(), ["no-new-privileges"]);
        assert_eq!((host.pids_limit, host.memory, host.nano_cpus), (Some(1024), None, None));
        let mounts = host.mounts.unwrap();
        assert_eq!(mounts.len(), 1);
        assert_eq!(mounts[0].read_only, Some(true));
    }

    #[test]
    fn limits_volumes_and_variables_are_passed_on() {
        let config = ContainerConfig {
            cpu: Some(0.5),
            memory: Some(64 << 20),
            pids: 20,
            volumes: vec!["/data:/data:ro".parse().unwrap(), "cache:/cache".parse().unwrap()],
            environment: [("LEVEL".to_owned(), "3".to_owned())].into(),
            ..ContainerConfig::default()
        };
        let body = made(&config, (1000, 100));
        assert_eq!(body.user.as_deref(), Some("1000:100"));
        assert_eq!(body.env.unwrap(), ["HOME=/tmp", "LEVEL=3", "LITHOPS_WORKER=agent"]);
        let host = body.host_config.unwrap();
        assert_eq!(host.nano_cpus, Some(500_000_000));
        assert_eq!((host.memory, host.memory_swap), (Some(64 << 20), Some(64 << 20)));
        assert_eq!(host.pids_limit, Some(20));
        let mounts = host.mounts.unwrap();
        let kinds: Vec<_> = mounts[1..].iter().map(|mount| (mount.typ, mount.read_only)).collect();
        let bind = (Some(MountType::BIND), Some(true));
        assert_eq!(kinds, [bind, (Some(MountType::VOLUME), Some(false))]);
    }
}
