//! What a backend is told of its cluster.

use std::path::PathBuf;
use std::time::Duration;

use lithops_core::secret::Secret;

/// A cluster, and what workers have there.
#[derive(Clone, Debug)]
pub struct SlurmConfig {
    /// The folder for the program and what jobs need, which client and nodes see under the same path;
    /// where there is a [`login`](Self::login), as its shell understands it: `~/..` is at home there.
    pub folder: PathBuf,
    /// More folders that client and nodes see under the same path.
    pub shared: Vec<PathBuf>,
    /// Where Slurm's commands are run by `ssh`; on this machine if nothing is said.
    pub login: Option<String>,
    /// The configuration file of `ssh`.
    pub ssh_config: Option<PathBuf>,
    /// The partition.
    pub partition: Option<String>,
    /// The account that is charged.
    pub account: Option<String>,
    /// The quality of service.
    pub qos: Option<String>,
    /// Features that nodes must have.
    pub constraint: Option<String>,
    /// The reservation.
    pub reservation: Option<String>,
    /// How long an array task may run; as long as the partition allows if nothing is said.
    pub time_limit: Option<Duration>,
    /// The most calls that run at once.
    pub max_workers: usize,
    /// How many workers share an array task.
    pub slots: usize,
    /// How many processors a worker has.
    pub cpus: u32,
    /// How much memory an array task has, in bytes; as the cluster says if nothing is said.
    pub memory: Option<u64>,
    /// What the program runs in, and the image.
    pub container: Option<(ContainerEngine, String)>,
    /// More options of `sbatch`.
    pub options: Vec<String>,
    /// Whether workers talk to the client directly.
    pub link: bool,
    /// The name or address by which nodes reach the client; found if nothing is said.
    pub address: Option<String>,
    /// The port that the client listens on; any that is free if it is 0.
    pub port: u16,
    /// How long a worker without calls is kept.
    pub idle: Duration,
    /// How long no task of a job may start or end while some wait.
    pub start_bound: Duration,
    /// Whether the program stays in the folder for the next executor.
    pub keep_program: bool,
    /// The program that workers run; the client's own if nothing is said.
    pub program: Option<PathBuf>,
    /// A configuration file for workers: how they get at storages.
    pub worker_settings: Option<Secret>,
}

impl SlurmConfig {
    /// A cluster whose commands are on this machine, with `folder` shared by client and nodes.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            shared: Vec::new(),
            login: None,
            ssh_config: None,
            partition: None,
            account: None,
            qos: None,
            constraint: None,
            reservation: None,
            time_limit: None,
            max_workers: 100,
            slots: 1,
            cpus: 1,
            memory: None,
            container: None,
            options: Vec::new(),
            link: true,
            address: None,
            port: 0,
            idle: Duration::from_secs(30),
            start_bound: Duration::from_secs(86_400),
            keep_program: true,
            program: None,
            worker_settings: None,
        }
    }
}

/// What runs a program in an image on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerEngine {
    /// Apptainer.
    Apptainer,
    /// Singularity, which Apptainer was before, and which is still made under that name.
    Singularity,
    /// Enroot.
    Enroot,
    /// Charliecloud.
    Charliecloud,
}

impl ContainerEngine {
    /// All of them, by the names that the configuration has for them.
    pub(crate) const ALL: [(&'static str, Self); 4] = [
        ("apptainer", Self::Apptainer),
        ("singularity", Self::Singularity),
        ("enroot", Self::Enroot),
        ("charliecloud", Self::Charliecloud),
    ];

    /// The command that runs `program` in `image`, with `folder` seen inside under its own path.
    ///
    /// All of them pass on the environment by themselves, but for Enroot, which is told the names of
    /// the `variables`.
    pub(crate) fn command(
        self,
        image: &str,
        folder: &str,
        program: &str,
        variables: &[&str],
    ) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match self {
            Self::Apptainer => words(&["apptainer", "exec", "--bind", folder, image, program]),
            Self::Singularity => words(&["singularity", "exec", "--bind", folder, image, program]),
            Self::Enroot => {
                let mount = format!("{folder}:{folder}");
                let mut command: Vec<String> = words(&["enroot", "start", "--mount", &mount]);
                for variable in variables {
                    command.extend(["--env".to_owned(), (*variable).to_owned()]);
                }
                command.extend([image.to_owned(), program.to_owned()]);
                command
            }
            Self::Charliecloud => {
                let bind = format!("{folder}:{folder}");
                words(&["ch-run", "--bind", &bind, image, "--", program])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_sees_the_folder_and_runs_the_program() {
        let command = |engine: ContainerEngine| {
            engine.command("image", "/shared/l", "/shared/l/programs/1", &["A", "B"]).join(" ")
        };
        assert_eq!(
            ContainerEngine::ALL.map(|(_, engine)| command(engine)),
            [
                "apptainer exec --bind /shared/l image /shared/l/programs/1",
                "singularity exec --bind /shared/l image /shared/l/programs/1",
                "enroot start --mount /shared/l:/shared/l --env A --env B image /shared/l/programs/1",
                "ch-run --bind /shared/l:/shared/l image -- /shared/l/programs/1",
            ]
        );
    }
}
