//! From the section of a configuration to the settings of this backend.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lithops_core::config::{Config, ConfigError};

use crate::keys::SLURM;
use crate::section::SlurmSection;
use crate::{ContainerEngine, SlurmConfig};

/// Where the folder is unless somebody says it.
const FOLDER: &str = "~/.lithops-slurm";
/// How many bytes a unit of a configuration's memory has.
const MIB: u64 = 1 << 20;
/// Options of `sbatch` by which this backend tells its own tasks.
const OURS: [&str; 18] = [
    "--array",
    "-a",
    "--job-name",
    "-J",
    "--output",
    "-o",
    "--error",
    "-e",
    "--comment",
    "--parsable",
    "--wait",
    "-W",
    "--requeue",
    "--wrap",
    "--export",
    "--chdir",
    "--clusters",
    "-M",
];

impl SlurmConfig {
    /// Takes what `[slurm]` says; `home` is the user's folder on this machine.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a value that can't be used.
    ///
    /// ```
    /// use lithops_backend_slurm::SlurmConfig;
    /// use lithops_core::config::Config;
    ///
    /// let text = "[slurm]\nfolder = \"~/jobs\"\npartition = \"short\"\nworker_processes = 4";
    /// let config = Config::resolve("lithops.toml", text, |_| None)?;
    /// let settings = SlurmConfig::from_settings(&config, Some("/home/me".as_ref()))?;
    /// assert_eq!(settings.folder.to_str(), Some("/home/me/jobs"));
    /// assert_eq!((settings.slots, settings.link), (4, true));
    /// # Ok::<(), lithops_core::config::ConfigError>(())
    /// ```
    pub fn from_settings(config: &Config, home: Option<&Path>) -> Result<Self, ConfigError> {
        let section: SlurmSection = config.section(&SLURM)?;
        for (key, count) in [
            ("max_workers", section.max_workers),
            ("worker_processes", section.worker_processes),
            ("runtime_cpu", section.runtime_cpu.map(|count| count as usize)),
            ("time_limit", section.time_limit.map(|count| count as usize)),
            ("runtime_memory", section.runtime_memory.map(|count| count as usize)),
            ("start_bound", section.start_bound.map(|count| count as usize)),
        ] {
            if count == Some(0) {
                return Err(invalid(key, &0, "it must be 1 or more".to_owned()));
            }
        }
        let folder = section.folder.clone().unwrap_or_else(|| FOLDER.into());
        let folder = place("folder", folder, section.login.is_some(), home)?;
        let shared = section.shared.iter().cloned();
        let shared = shared.map(|folder| place("shared", folder, false, home));
        let default = Self::new(folder);
        for option in &section.sbatch_options {
            check_option(option)?;
        }
        check_login(&section)?;
        Ok(Self {
            shared: shared.collect::<Result<_, _>>()?,
            container: container(&section)?,
            link: section.link.unwrap_or(section.login.is_none()),
            login: section.login,
            ssh_config: section.ssh_config,
            partition: section.partition,
            account: section.account,
            qos: section.qos,
            constraint: section.constraint,
            reservation: section.reservation,
            time_limit: section.time_limit.map(Duration::from_secs),
            max_workers: config.workers.or(section.max_workers).unwrap_or(default.max_workers),
            slots: section.worker_processes.unwrap_or(default.slots),
            cpus: section.runtime_cpu.unwrap_or(default.cpus),
            memory: section.runtime_memory.map(bytes).transpose()?,
            options: section.sbatch_options,
            address: section.address,
            port: section.port.unwrap_or(default.port),
            idle: section.idle.map_or(default.idle, Duration::from_secs),
            start_bound: section.start_bound.map_or(default.start_bound, Duration::from_secs),
            keep_program: section.keep_program.unwrap_or(default.keep_program),
            ..default
        })
    }
}

fn invalid(key: &str, value: &dyn Display, reason: String) -> ConfigError {
    ConfigError::Invalid { key: format!("slurm.{key}"), value: format!("`{value}`"), reason }
}

/// A folder of this machine by its full path; one of a login node as its shell understands it.
fn place(
    key: &str,
    folder: PathBuf,
    elsewhere: bool,
    home: Option<&Path>,
) -> Result<PathBuf, ConfigError> {
    let below_home = folder.strip_prefix("~").map(Path::to_owned);
    let is_text = folder.to_str().is_some_and(|text| !text.contains(['\n', '\0', '%', '\\']));
    match below_home {
        // They stand for something else in the paths that `sbatch` takes.
        _ if !is_text => Err(invalid(
            key,
            &folder.display(),
            "it must be UTF-8 without `%`, `\\` and line breaks, for `sbatch` to take it"
                .to_owned(),
        )),
        Ok(_) if elsewhere => Ok(folder),
        Ok(rest) => match home {
            Some(home) => Ok(home.join(rest)),
            None => Err(invalid(
                key,
                &folder.display(),
                "there is no `HOME` to look for it in: say it by its full path".to_owned(),
            )),
        },
        Err(_) if folder.is_absolute() => Ok(folder),
        Err(_) => Err(invalid(
            key,
            &folder.display(),
            "nodes look for it elsewhere: say it by its full path, or from `~/` on".to_owned(),
        )),
    }
}

fn bytes(mebibytes: u64) -> Result<u64, ConfigError> {
    mebibytes.checked_mul(MIB).ok_or_else(|| {
        invalid("runtime_memory", &mebibytes, "it is in MiB, and no node has that much".to_owned())
    })
}

/// Refuses options that would make the tasks something else than workers, or hide them.
fn check_option(option: &str) -> Result<(), ConfigError> {
    if !option.starts_with('-') || option.contains(['\n', '\0']) {
        let reason = "it must be one option, such as `--gres=gpu:1`".to_owned();
        return Err(invalid("sbatch_options", &option, reason));
    }
    let name = option.split_once('=').map_or(option, |(name, _)| name);
    // A beginning of a long name will do for `sbatch`, and a value may follow a short one at once.
    let is_ours = |ours: &str| match name.strip_prefix("--") {
        Some(long) => !long.is_empty() && ours.starts_with(name),
        None => name.starts_with(ours),
    };
    if OURS.iter().any(|ours| is_ours(ours)) {
        let reason = "lithops says this one itself: leave it out".to_owned();
        return Err(invalid("sbatch_options", &option, reason));
    }
    Ok(())
}

/// Refuses a destination that `ssh` would take for an option.
fn check_login(section: &SlurmSection) -> Result<(), ConfigError> {
    match &section.login {
        Some(login) if login.is_empty() || login.starts_with('-') => {
            let reason = "it must be a host, or `user@host`".to_owned();
            Err(invalid("login", login, reason))
        }
        _ => Ok(()),
    }
}

fn container(section: &SlurmSection) -> Result<Option<(ContainerEngine, String)>, ConfigError> {
    let names = || ContainerEngine::ALL.map(|(name, _)| format!("`{name}`")).join(", ");
    match (&section.container_engine, &section.runtime) {
        (None, None) => Ok(None),
        (Some(name), Some(image)) => {
            let found = ContainerEngine::ALL.iter().find(|(known, _)| known == name);
            let reason = || format!("it must be one of {}", names());
            let (_, engine) = found.ok_or_else(|| invalid("container_engine", name, reason()))?;
            Ok(Some((*engine, image.clone())))
        }
        (Some(name), None) => {
            let reason = "name the image in `slurm.runtime` too".to_owned();
            Err(invalid("container_engine", name, reason))
        }
        (None, Some(image)) => {
            let reason = format!("say in `slurm.container_engine` what runs it: {}", names());
            Err(invalid("runtime", image, reason))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn settings(text: &str) -> Result<SlurmConfig, ConfigError> {
        let config = Config::resolve("lithops.toml", &format!("[slurm]\n{text}"), |_| None)?;
        SlurmConfig::from_settings(&config, Some("/home/me".as_ref()))
    }

    #[test]
    fn nothing_said_is_a_folder_at_home_and_one_processor_a_worker() {
        let settings = settings("").unwrap();
        assert_eq!(settings.folder.to_str(), Some("/home/me/.lithops-slurm"));
        assert_eq!((settings.max_workers, settings.slots, settings.cpus), (100, 1, 1));
        assert_eq!((settings.memory, settings.time_limit), (None, None));
        assert!(settings.link && settings.keep_program);
    }

    #[test]
    fn options_of_nodes_are_passed_on_whatever_they_begin_with() {
        let options =
            ["--gres=gpu:1", "--exclude=n2", "--exclusive", "-C", "-wn1", "--constraint=a"];
        let text = format!("sbatch_options = {options:?}");
        assert_eq!(settings(&text).unwrap().options, options);
    }

    #[test]
    fn a_login_node_has_a_home_of_its_own_and_no_link_unless_said() {
        let told = settings("login = \"me@cluster\"").unwrap();
        assert_eq!(told.folder.to_str(), Some("~/.lithops-slurm"));
        assert!(!told.link);
        assert!(settings("login = \"me@cluster\"\nlink = true").unwrap().link);
    }

    #[test]
    fn values_that_can_not_be_used_are_refused_with_their_key() {
        for (text, told) in [
            ("worker_processes = 0", "`slurm.worker_processes` is `0`: it must be 1 or more"),
            ("folder = \"jobs\"", "`slurm.folder` is `jobs`: nodes look for it elsewhere"),
            ("folder = \"/a%A\"", "`slurm.folder` is `/a%A`: it must be UTF-8 without `%`"),
            ("folder = '/a\\b'", "`slurm.folder` is `/a\\b`: it must be UTF-8 without `%`, `\\`"),
            ("shared = [\"x\"]", "`slurm.shared` is `x`: nodes look for it elsewhere"),
            (
                "sbatch_options = [\"gpu\"]",
                "`slurm.sbatch_options` is `gpu`: it must be one option",
            ),
            (
                "sbatch_options = [\"--array=1\"]",
                "`slurm.sbatch_options` is `--array=1`: lithops says this one itself",
            ),
            (
                "sbatch_options = [\"--arr=1\"]",
                "`slurm.sbatch_options` is `--arr=1`: lithops says this one itself",
            ),
            (
                "sbatch_options = [\"-a1-3\"]",
                "`slurm.sbatch_options` is `-a1-3`: lithops says this one itself",
            ),
            (
                "sbatch_options = [\"--clusters=b\"]",
                "`slurm.sbatch_options` is `--clusters=b`: lithops says this one itself",
            ),
            (
                "login = \"-oProxyCommand=x\"",
                "`slurm.login` is `-oProxyCommand=x`: it must be a host",
            ),
            ("runtime = \"a.sif\"", "`slurm.runtime` is `a.sif`: say in `slurm.container_engine`"),
            (
                "container_engine = \"docker\"\nruntime = \"a\"",
                "`slurm.container_engine` is `docker`: it must be one of `apptainer`",
            ),
            (
                "container_engine = \"enroot\"",
                "`slurm.container_engine` is `enroot`: name the image",
            ),
            (
                "runtime_memory = 9000000000000000000",
                "`slurm.runtime_memory` is `9000000000000000000`: it is in MiB",
            ),
        ] {
            let error = settings(text).unwrap_err();
            assert!(error.to_string().starts_with(told), "{error}");
        }
    }
}
