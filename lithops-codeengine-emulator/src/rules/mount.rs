//! Volumes of jobs and runs.

use serde::{Deserialize, Serialize};

use super::Invalid;
use super::name::{MOUNT_PATH, SUBDOMAIN};

/// One entry of `run_volume_mounts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mount {
    #[serde(rename = "type", default)]
    pub(crate) kind: MountKind,
    pub(crate) reference: String,
    pub(crate) mount_path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sub_path: Option<String>,
    #[serde(default = "read_only")]
    pub(crate) read_only: bool,
}

fn read_only() -> bool {
    true
}

/// What is mounted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MountKind {
    #[default]
    Secret,
    ConfigMap,
    PersistentDataStore,
}

impl Mount {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        SUBDOMAIN.check("run_volume_mounts.reference", &self.reference)?;
        MOUNT_PATH.check("run_volume_mounts.mount_path", &self.mount_path)?;
        if self.sub_path.as_ref().is_some_and(|path| path.chars().count() > 1000) {
            let why = "more than 1000 characters";
            return Err(Invalid::value("run_volume_mounts.sub_path", why));
        }
        Ok(())
    }
}
