//! What the configuration says of a cluster of Slurm.

use std::path::PathBuf;

use serde::Deserialize;

/// `[slurm]`: a cluster whose nodes Slurm gives out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SlurmSection {
    /// The folder for the program and what jobs need, which client and nodes see under the same path;
    /// `~/.lithops-slurm` by default.
    pub(crate) folder: Option<PathBuf>,
    /// More folders that client and nodes see under the same path, so that a storage `file` may be in
    /// them.
    pub(crate) shared: Vec<PathBuf>,
    /// Where Slurm's commands are run by `ssh`: a destination such as `me@login.example.org`; on this
    /// machine by default.
    pub(crate) login: Option<String>,
    /// The configuration file of `ssh`.
    pub(crate) ssh_config: Option<PathBuf>,
    /// The partition; Slurm's default by default.
    pub(crate) partition: Option<String>,
    /// The account that is charged.
    pub(crate) account: Option<String>,
    /// The quality of service.
    pub(crate) qos: Option<String>,
    /// Features that nodes must have, as `sbatch --constraint` takes them.
    pub(crate) constraint: Option<String>,
    /// The reservation.
    pub(crate) reservation: Option<String>,
    /// How many seconds an array task may run; as long as the partition allows by default.
    pub(crate) time_limit: Option<u64>,
    /// How many calls run at once; 100 by default.
    pub(crate) max_workers: Option<usize>,
    /// How many calls share an array task, each in a process of its own; 1 by default.
    pub(crate) worker_processes: Option<usize>,
    /// How many processors a call has; 1 by default.
    pub(crate) runtime_cpu: Option<u32>,
    /// How much memory an array task has, in MiB; as the cluster says by default.
    pub(crate) runtime_memory: Option<u64>,
    /// What the program runs in: `apptainer`, `singularity`, `enroot` or `charliecloud`; in nothing by
    /// default.
    pub(crate) container_engine: Option<String>,
    /// The image that it runs in, as that engine names it.
    pub(crate) runtime: Option<String>,
    /// More options of `sbatch`, one an item.
    pub(crate) sbatch_options: Vec<String>,
    /// Whether workers talk to the client directly; by default where there is no `login`.
    pub(crate) link: Option<bool>,
    /// The name or address by which nodes reach the client; found by default.
    pub(crate) address: Option<String>,
    /// The port that the client listens on; any that is free by default.
    pub(crate) port: Option<u16>,
    /// How many seconds a worker without calls is kept; 30 by default.
    pub(crate) idle: Option<u64>,
    /// How many seconds may pass without any array task of a job starting or ending, while some wait;
    /// 86400 by default.
    pub(crate) start_bound: Option<u64>,
    /// Whether the program stays in the folder for the next executor; it does by default.
    pub(crate) keep_program: Option<bool>,
}
