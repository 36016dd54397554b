//! Which settings hold: options of every command, before the environment and the file.

use std::path::PathBuf;

use clap::Args;
use lithops::{Builder, Config, ConfigError, FunctionExecutor};
use lithops_core::config::Traced;

const HEADING: &str = "Options of every command";

/// What all commands take.
#[derive(Clone, Debug, Args)]
pub(crate) struct Settings {
    /// Read this configuration file, and no other
    #[arg(short, long, global = true, value_name = "FILE", help_heading = HEADING)]
    config: Option<PathBuf>,
    /// Use this backend: processes, threads, containers or code_engine
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
        Ok(self.builder()?.build().await?)
    }
}
