//! Settings of containers, and what is wrong with them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Settings of a pool of containers.
#[derive(Clone, PartialEq)]
pub struct ContainerConfig {
    /// How many calls run at once.
    pub workers: usize,
    /// How many of them share a container, each in a process of its own.
    pub slots: usize,
    /// The runtime image, by name. Unless set, an image is made of the program.
    pub image: Option<String>,
    /// The program that an image is made of; this very program, unless set. Another one must contain
    /// the same functions, by path and signature.
    pub program: Option<PathBuf>,
    /// Where the engine is, as `DOCKER_HOST` says it. Unless set, it is found as the Docker CLI does.
    pub engine: Option<String>,
    /// How many processors a container may use.
    pub cpu: Option<f64>,
    /// How much memory a container may use, in bytes.
    pub memory: Option<u64>,
    /// How many processes and threads a container may have.
    pub pids: u32,
    /// The container network: `none`, `bridge`, `host`, or one that the engine has.
    pub network: String,
    /// The user, as `uid` or `uid:gid`. Unless set, this process's own, or 65532 if that is root.
    pub user: Option<String>,
    /// Folders of this machine, and volumes of the engine, that containers see.
    pub volumes: Vec<Volume>,
    /// Environment variables of all containers.
    pub environment: BTreeMap<String, String>,
}

impl fmt::Debug for ContainerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            workers,
            slots,
            image,
            program,
            engine,
            cpu,
            memory,
            pids,
            network,
            user,
            volumes,
            environment,
        } = self;
        // Of an environment nobody knows what is a secret.
        let names: Vec<&String> = environment.keys().collect();
        f.debug_struct("ContainerConfig")
            .field("workers", workers)
            .field("slots", slots)
            .field("image", image)
            .field("program", program)
            .field("engine", engine)
            .field("cpu", cpu)
            .field("memory", memory)
            .field("pids", pids)
            .field("network", network)
            .field("user", user)
            .field("volumes", volumes)
            .field("environment", &names)
            .finish()
    }
}

impl Default for ContainerConfig {
    /// A container for each processor, made of this program, without network, with a thousand
    /// processes at most, and no other limit.
    fn default() -> Self {
        Self {
            workers: crate::default_workers(),
            slots: 1,
            image: None,
            program: None,
            engine: None,
            cpu: None,
            memory: None,
            pids: 1024,
            network: "none".to_owned(),
            user: None,
            volumes: Vec::new(),
            environment: BTreeMap::new(),
        }
    }
}

/// A folder of this machine, or a volume of the engine, that containers see.
///
/// ```
/// use lithops_backend_local::Volume;
///
/// let data: Volume = "/data/genomes:/genomes:ro".parse()?;
/// assert_eq!((data.source.as_str(), data.target.as_str()), ("/data/genomes", "/genomes"));
/// assert!(data.read_only);
/// assert!("genomes/part:/genomes".parse::<Volume>().is_err());
/// # Ok::<(), lithops_backend_local::VolumeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// An absolute path, or a volume's name.
    pub source: String,
    /// Where containers see it: an absolute path.
    pub target: String,
    /// Whether they may only read it.
    pub read_only: bool,
}

/// Why a text names no volume.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VolumeError {
    /// It has not two or three parts.
    #[error("write it as SOURCE:TARGET, or SOURCE:TARGET:ro")]
    Parts,
    /// The source is neither a path from the root on nor a name.
    #[error("{0} is neither an absolute path nor the name of a volume")]
    Source(String),
    /// The target is no path from the root on.
    #[error("{0} is no absolute path")]
    Target(String),
    /// The third part is none that is known.
    #[error("{0} is neither `ro` nor `rw`")]
    Mode(String),
}

impl FromStr for Volume {
    type Err = VolumeError;

    fn from_str(text: &str) -> Result<Self, VolumeError> {
        let parts: Vec<&str> = text.split(':').collect();
        let (source, target, mode) = match parts[..] {
            [source, target] => (source, target, "rw"),
            [source, target, mode] => (source, target, mode),
            _ => return Err(VolumeError::Parts),
        };
        let is_name = !source.is_empty() && !source.contains('/');
        if !source.starts_with('/') && !is_name {
            return Err(VolumeError::Source(source.to_owned()));
        }
        if !target.starts_with('/') || target == "/" {
            return Err(VolumeError::Target(target.to_owned()));
        }
        let read_only = match mode {
            "ro" => true,
            "rw" => false,
            other => return Err(VolumeError::Mode(other.to_owned())),
        };
        Ok(Self { source: source.to_owned(), target: target.to_owned(), read_only })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<VolumeError> {
        text.parse::<Volume>().err()
    }

    #[test]
    fn what_is_no_volume_is_refused_with_the_reason() {
        assert_eq!(refused("/data"), Some(VolumeError::Parts));
        assert_eq!(refused("/a:/b:ro:z"), Some(VolumeError::Parts));
        assert_eq!(refused("./a:/b"), Some(VolumeError::Source("./a".into())));
        assert_eq!(refused(":/b"), Some(VolumeError::Source(String::new())));
        assert_eq!(refused("a:b"), Some(VolumeError::Target("b".into())));
        assert_eq!(refused("a:/"), Some(VolumeError::Target("/".into())));
        assert_eq!(refused("a:/b:w"), Some(VolumeError::Mode("w".into())));
        assert_eq!(refused("cache:/b:rw"), None);
    }
}
