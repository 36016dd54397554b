//! Keys of a cluster of Slurm.

use lithops_core::config::keys::{Section, declare_section, keys};

use crate::section::SlurmSection;

pub(crate) static SLURM: Section = Section {
    name: "slurm",
    about: "the backend `slurm` (feature `slurm`)",
    keys: keys! {
        folder: Path = "~/.lithops-slurm",
            "The folder for the program and what jobs need, which client and nodes see under the same path. Jobs keep their objects in it too, unless a storage is said.";
        shared: List = "",
            "More folders that client and nodes see under the same path, so that a storage `file` may be in them.";
        login: Text = "",
            "Where Slurm's commands are run by `ssh`: a destination such as `me@login.example.org`. Unless said, on this machine.";
        ssh_config: Path = "",
            "The configuration file of `ssh`. Unless said, the user's.";
        partition: Text = "",
            "The partition. Unless said, Slurm's default.";
        account: Text = "",
            "The account that is charged. Unless said, the user's default.";
        qos: Text = "",
            "The quality of service. Unless said, the account's default.";
        constraint: Text = "",
            "Features that nodes must have, as `sbatch --constraint` takes them.";
        reservation: Text = "",
            "The reservation to run in.";
        time_limit: Count = "",
            "How many seconds an array task may run; Slurm counts in minutes, rounded up. Unless said, as long as the partition allows.";
        max_workers: Count = "100",
            "How many calls run at once.";
        worker_processes: Count = "1",
            "How many calls share an array task, each in a process of its own.";
        runtime_cpu: Count = "1",
            "How many processors a call has.";
        runtime_memory: Count = "",
            "How much memory an array task has, in MiB. Unless said, as much as the cluster gives by default.";
        container_engine: Text = "",
            "What the program runs in: `apptainer`, `singularity`, `enroot` or `charliecloud`. Unless said, in nothing.";
        runtime: Text = "",
            "The image that it runs in, as that engine names it.";
        sbatch_options: List = "",
            "More options of `sbatch`, such as `--gres=gpu:1`, one an item.";
        link: Switch = "",
            "Whether workers talk to the client directly, with no storage between. Unless said, where there is no `login`.";
        address: Text = "",
            "The name or address by which nodes reach the client. Unless said, the one that this machine has on the way to them.";
        port: Count = "",
            "The port that the client listens on. Unless said, any that is free.";
        idle: Count = "30",
            "How many seconds a worker without calls is kept for the next.";
        start_bound: Count = "86400",
            "How many seconds may pass without any array task of a job starting or ending, while some wait.";
        keep_program: Switch = "true",
            "Whether the program stays in the folder for the next executor, for a week after its last use.";
    },
};

declare_section!(SLURM: SlurmSection);

#[cfg(test)]
#[path = "keys/tests.rs"]
mod tests;
