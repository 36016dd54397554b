//! What a run is to do, all inheritance from its job and all defaults settled.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Which run of which project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId {
    /// The project's id.
    pub project: String,
    /// The run's name, unique in the project.
    pub name: String,
}

/// What a run is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOrder {
    /// Its name.
    pub id: RunId,
    /// Its id.
    pub uid: String,
    /// The job that it was made from, if it was made from one.
    pub job: Option<String>,
    /// The image that its instances run.
    pub image: String,
    /// The secret with which the image is pulled.
    pub image_secret: Option<String>,
    /// What instances run in the place of the image's entry point, unless it is empty.
    pub commands: Vec<String>,
    /// The arguments of it, unless empty.
    pub arguments: Vec<String>,
    /// The user that instances run as.
    pub user: i64,
    /// Whether instances come to an end.
    pub mode: Mode,
    /// Variables of the job's definition and the run's, merged by name.
    pub environment: Vec<EnvVar>,
    /// What instances find as files.
    pub mounts: Vec<Mount>,
    /// The indices, one instance each. In order, each of them once.
    pub indices: Vec<u64>,
    /// What instances read as `JOB_ARRAY_SIZE`.
    pub array_size: u64,
    /// Thousandths of a vCPU, for each instance.
    pub cpu_milli: u64,
    /// Bytes of memory, for each instance.
    pub memory: u64,
    /// Bytes of ephemeral storage, for each instance.
    pub ephemeral: u64,
    /// How long a task's run may take. Without meaning for daemons.
    pub max_execution: Duration,
    /// How often an index is tried again. Without meaning for daemons.
    pub retry_limit: u32,
    /// Whether instances find a token by which they are known to the token service.
    pub compute_resource_token: bool,
    /// Where in the cloud the run is.
    pub surroundings: Surroundings,
}

/// What a run can read about where it is, from its environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `CE_REGION`.
    pub region: String,
    /// `CE_API_BASE_URL`.
    pub api_base_url: String,
    /// `CE_DOMAIN`.
    pub domain: String,
    /// `CE_SUBDOMAIN`.
    pub subdomain: String,
}

/// Whether instances come to an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They do, and are tried again if it is a bad one.
    #[default]
    Task,
    /// They are started again for ever, until one ends with code 0.
    Daemon,
}

impl Mode {
    /// What the API and `JOB_MODE` say.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Daemon => "daemon",
        }
    }
}

/// A variable, or many of them, for the environment of instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvVar {
    /// A value in the definition itself.
    Literal {
        /// The variable's name.
        name: String,
        /// Its value.
        value: String,
    },
    /// One key of a config map or secret.
    Key {
        /// The variable's name.
        name: String,
        /// Which of both.
        kind: ReferenceKind,
        /// The name of the config map or secret.
        reference: String,
        /// The key.
        key: String,
    },
    /// All keys of a config map or secret.
    Full {
        /// Which of both.
        kind: ReferenceKind,
        /// The name of the config map or secret.
        reference: String,
        /// What is put before each key.
        prefix: String,
    },
}

/// What a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceKind {
    /// A config map.
    ConfigMap,
    /// A secret.
    Secret,
}

/// A folder with files, for instances to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// What the files are.
    pub source: MountSource,
    /// The name of the config map, secret or store.
    pub reference: String,
    /// Where instances find them.
    pub path: String,
}

/// What a mount holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountSource {
    /// A file for each key of a config map.
    ConfigMap,
    /// A file for each key of a secret.
    Secret,
    /// A persistent data store. The emulator has none: instances wait for it until the run's time is
    /// over.
    PersistentDataStore,
}
