//! What an engine is, and what it can do.

use std::fmt;

use bollard::models::{SystemInfo, SystemInfoCgroupVersionEnum, SystemVersion};

use super::{Engine, EngineError, REQUEST};
use crate::Architecture;

/// What is known of an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// Whose engine it is.
    pub make: Make,
    /// Its version.
    pub version: String,
    /// The newest version of the API that it speaks.
    pub api: String,
    /// The processor that its containers run on.
    pub architecture: Architecture,
    /// How many processors there are.
    pub processors: u64,
    /// The memory of its machine in bytes.
    pub memory: u64,
    /// The version of the kernel's control groups, if the engine says.
    pub cgroup: Option<u8>,
    /// Whether it runs without root.
    pub rootless: bool,
    /// Which limits it enforces; it takes the others, and ignores them.
    pub limits: Limits,
    /// Whether it runs on this very machine: its host name and kernel are those of this process.
    ///
    /// Only then can its containers be given files and sockets of this machine.
    pub same_machine: bool,
}

/// Whose engine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// Docker Engine, and all that don't say otherwise.
    Docker,
    /// Podman's service.
    Podman,
}

/// Limits of containers, and whether an engine enforces them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A container can't have more memory.
    pub memory: bool,
    /// A container can't have more of the processors.
    pub processors: bool,
    /// A container can't have more processes.
    pub processes: bool,
}

impl Limits {
    /// Whether all of them are enforced.
    pub fn all_work(self) -> bool {
        self.memory && self.processors && self.processes
    }
}

impl fmt::Display for Make {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
        })
    }
}

impl Engine {
    /// What the engine is and can do. Asked once, with two requests, and then remembered.
    ///
    /// # Errors
    /// [`EngineError`] if the engine does not answer.
    pub async fn facts(&self) -> Result<&Facts, EngineError> {
        let ask = async || {
            let doing = "tell what it is";
            let version = self.ask(doing, REQUEST, self.docker.version()).await?;
            let info = self.ask(doing, REQUEST, self.docker.info()).await?;
            Ok(facts(version, info))
        };
        self.facts.get_or_try_init(ask).await
    }
}

fn facts(version: SystemVersion, info: SystemInfo) -> Facts {
    let components = version.components.unwrap_or_default();
    let is_podman = components.iter().any(|part| part.name.contains("Podman"));
    let options = info.security_options.unwrap_or_default();
    let rootless = options.iter().any(|option| option.contains("name=rootless"));
    let cgroup = match info.cgroup_version {
        Some(SystemInfoCgroupVersionEnum::_1) => Some(1),
        Some(SystemInfoCgroupVersionEnum::_2) => Some(2),
        _ => None,
    };
    // The first version can't be handed on to users. Podman says that limits work nevertheless.
    let possible = !(rootless && cgroup == Some(1));
    let works = |said: Option<bool>| possible && said == Some(true);
    let limits = Limits {
        memory: works(info.memory_limit),
        processors: works(info.cpu_cfs_quota),
        processes: works(info.pids_limit),
    };
    let here = rustix::system::uname();
    let is_here = |said: Option<String>, here: &std::ffi::CStr| {
        said.is_some_and(|said| said.as_bytes() == here.to_bytes())
    };
    let same_machine =
        is_here(info.name, here.nodename()) && is_here(info.kernel_version, here.release());
    Facts {
        make: if is_podman { Make::Podman } else { Make::Docker },
        version: version.version.unwrap_or_default(),
        api: version.api_version.unwrap_or_default(),
        architecture: info.architecture.or(version.arch).unwrap_or_default().as_str().into(),
        processors: info.ncpu.and_then(|count| count.try_into().ok()).unwrap_or(0),
        memory: info.mem_total.and_then(|bytes| bytes.try_into().ok()).unwrap_or(0),
        cgroup,
        rootless,
        limits,
        same_machine,
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::SystemVersionComponents;

    use super::*;

    fn rootless(cgroup: SystemInfoCgroupVersionEnum) -> SystemInfo {
        SystemInfo {
            architecture: Some("amd64".to_owned()),
            cgroup_version: Some(cgroup),
            security_options: Some(vec!["name=seccomp".to_owned(), "name=rootless".to_owned()]),
            memory_limit: Some(true),
            cpu_cfs_quota: Some(true),
            pids_limit: Some(true),
            name: Some("elsewhere.invalid".to_owned()),
            ..SystemInfo::default()
        }
    }

    #[test]
    fn limits_of_a_rootless_engine_need_the_second_version_of_control_groups() {
        let first = rootless(SystemInfoCgroupVersionEnum::_1);
        assert!(!facts(SystemVersion::default(), first).limits.memory);
        let second = facts(SystemVersion::default(), rootless(SystemInfoCgroupVersionEnum::_2));
        assert!(second.limits.all_work() && second.rootless);
    }

    #[test]
    fn podman_and_another_machine_are_known() {
        let part =
            SystemVersionComponents { name: "Podman Engine".to_owned(), ..Default::default() };
        let version = SystemVersion { components: Some(vec![part]), ..Default::default() };
        let facts = facts(version, rootless(SystemInfoCgroupVersionEnum::_2));
        assert_eq!((facts.make, &facts.architecture), (Make::Podman, &Architecture::X86_64));
        assert!(!facts.same_machine);
    }
}
