//! Where the instances of runs execute: containers, processes, or delayed as in a cloud.

#[cfg(feature = "containers")]
mod container;
mod log;
mod process;
mod replay;

use std::collections::BTreeMap;

use async_trait::async_trait;

#[cfg(feature = "containers")]
pub use container::{ContainerSettings, Containers, ContainersError};
pub use log::Log;
pub use process::Processes;
pub use replay::{BadDelays, Replay, StartDelays};

/// Starts instances.
#[async_trait]
pub trait Platform: Send + Sync + std::fmt::Debug {
    /// Starts an instance. A call that is dropped leaves none behind.
    ///
    /// # Errors
    /// [`StartFailure`] if there is none.
    async fn start(&self, spec: InstanceSpec) -> Result<Box<dyn Instance>, StartFailure>;

    /// Waits until nothing is left of instances that were dropped.
    async fn shutdown(&self);
}

/// An instance that was started. One that is dropped is killed.
#[async_trait]
pub trait Instance: Send + std::fmt::Debug {
    /// Waits for its end, when all that it has printed is in its log. Can be dropped and called
    /// again.
    async fn ended(&mut self) -> End;

    /// Kills it, and waits until it is gone.
    async fn kill(&mut self);
}

/// What an instance is.
#[derive(Clone, Debug)]
pub struct InstanceSpec {
    /// `<run>-<index>-<retry>`.
    pub hostname: String,
    /// The image.
    pub image: String,
    /// Who pulls it.
    pub login: Option<Login>,
    /// What runs in the place of the image's entry point, unless it is empty.
    pub commands: Vec<String>,
    /// Its arguments, unless empty.
    pub arguments: Vec<String>,
    /// The user that it runs as.
    pub user: i64,
    /// Its environment, without what every place gives by itself: `HOME`, `HOSTNAME`, `PATH`, `PWD`.
    pub environment: Vec<Variable>,
    /// The files in each folder that it finds, by name.
    pub folders: BTreeMap<String, BTreeMap<String, String>>,
    /// Thousandths of a vCPU.
    pub cpu_milli: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// What it prints goes here.
    pub log: Log,
}

/// A variable of an instance's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether the value stood in the definition of the job or run itself.
    pub literal: bool,
}

/// Who pulls an image: a registry secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The registry.
    pub server: String,
    /// The user.
    pub username: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { server, username, password: _ } = self;
        f.debug_struct("Login").field("server", server).field("username", username).finish()
    }
}

/// How an instance has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With an exit code; 128 and the signal's number if it was killed by one.
    Exited(i32),
    /// Killed for want of memory.
    OutOfMemory,
    /// There is no such program in the image.
    ExecutableNotFound,
}

impl End {
    /// What Code Engine calls a bad end.
    pub fn failure(self) -> Option<String> {
        match self {
            Self::Exited(0) => None,
            Self::Exited(code) => Some(format!("ContainerExitedCode{code}")),
            Self::OutOfMemory => Some("OOMKilled".to_owned()),
            Self::ExecutableNotFound => Some("ExecutableNotFound".to_owned()),
        }
    }
}

/// Why there is no instance.
#[derive(Debug, thiserror::Error)]
pub enum StartFailure {
    /// It has ended before it began.
    #[error("the instance ended before it began: {0:?}")]
    Ended(End),
    /// The image can't be had.
    #[error("the image can't be had: {0}")]
    ImagePull(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The place where instances execute does not do it.
    #[error("no instance can be started: {0}")]
    Platform(#[source] Box<dyn std::error::Error + Send + Sync>),
}
