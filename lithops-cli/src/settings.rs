//! Which settings hold: options of every command, before the environment and the file.

use std::path::PathBuf;

use clap::Args;
use lithops::{Builder, Config, FunctionExecutor};

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
        let mut config = match &self.config {
            Some(path) => Config::read(path)?,
            None => Config::load()?,
        };
        if let Some(backend) = &self.backend {
            config.backend.clone_from(backend);
        }
        if self.storage.is_some() {
            config.storage.clone_from(&self.storage);
        }
        Ok(config)
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
