//! Which settings hold: options of every command, before the environment and the file.

use std::path::PathBuf;

use clap::Args;
use clap::error::ErrorKind;
use lithops::{Builder, Config, ConfigError, FunctionExecutor};
use lithops_core::config::Traced;

use crate::arguments::misused;
use crate::failure::Unusable;

const HEADING: &str = "Options of every command";

/// What all commands take.
#[derive(Clone, Debug, Args)]
pub(crate) struct Settings {
    /// Read this configuration file, and no other
    #[arg(short, long, global = true, value_name = "FILE", help_heading = HEADING)]
    config: Option<PathBuf>,
    /// Use this backend: processes, threads, containers, code_engine or slurm
    #[arg(short, long, global = true, value_name = "NAME", help_heading = HEADING)]
    backend: Option<String>,
    /// Use this storage: file, aws_s3, ibm_cos, minio, ceph, gcp_storage, azure_storage or redis
    #[arg(short, long, global = true, value_name = "NAME", help_heading = HEADING)]
    storage: Option<String>,
    /// Tell on standard error what the library does
    #[arg(short, long, global = true, help_heading = HEADING)]
    pub(crate) debug: bool,
}

impl Settings {
    /// The settings as they hold.
    pub(crate) fn resolve(&self) -> anyhow::Result<Config> {
        let config = match &self.config {
            Some(path) => Config::read(path)?,
            None => Config::load()?,
        };
        Ok(self.over(config))
    }

    /// These options over what a file and the environment say.
    pub(crate) fn over(&self, mut config: Config) -> Config {
        if let Some(backend) = &self.backend {
            config.backend.clone_from(backend);
        }
        if self.storage.is_some() {
            config.storage.clone_from(&self.storage);
        }
        config
    }

    /// The settings as they hold, and where each is from, but for the options of the command line.
    pub(crate) fn traced(&self) -> Result<Traced, ConfigError> {
        Config::load_traced(self.config.as_deref())
    }

    /// What the command line says of keys, as `(section, key, value)`.
    pub(crate) fn options(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let said = [("backend", &self.backend), ("storage", &self.storage)];
        said.into_iter().filter_map(|(key, said)| Some(("lithops", key, said.as_deref()?)))
    }

    /// An executor to be set up further.
    pub(crate) fn builder(&self) -> anyhow::Result<Builder> {
        Ok(Builder::new(self.resolve()?))
    }

    /// An executor as configured.
    pub(crate) async fn executor(&self) -> anyhow::Result<FunctionExecutor> {
        executor(self.builder()?).await
    }

    /// Where the container engine is: what the command's own `--engine` says, else the settings.
    pub(crate) fn engine(&self, said: Option<String>) -> anyhow::Result<Option<String>> {
        let config = self.resolve()?;
        Ok(said.or(match config.backend.as_str() {
            "code_engine" => config.code_engine.engine,
            _ => config.containers.engine,
        }))
    }

    /// Refuses a command line with options that a command has no use for; those of `--config`,
    /// `--backend` and `--storage` that are said.
    pub(crate) fn refuse(&self, command: &[&str], useless: &[Useless]) -> anyhow::Result<()> {
        let found = useless.iter().find_map(|option| match option {
            Useless::Config => self.config.as_ref().map(|_| "--config"),
            Useless::Backend => self.backend.as_ref().map(|_| "--backend"),
            Useless::Storage => self.storage.as_ref().map(|_| "--storage"),
        });
        let Some(option) = found else { return Ok(()) };
        let told = format!("`{option}` has nothing to say to this command: leave it out");
        Err(misused(command, ErrorKind::ArgumentConflict, &told).into())
    }
}

/// An option of every command that a command has no use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Useless {
    Config,
    Backend,
    Storage,
}

impl Useless {
    /// For commands that take no settings.
    pub(crate) const ALL: [Self; 3] = [Self::Config, Self::Backend, Self::Storage];
}

/// The executor that was set up; settings that make none are told as such.
pub(crate) async fn executor(builder: Builder) -> anyhow::Result<FunctionExecutor> {
    Ok(builder.build().await.map_err(Unusable)?)
}
