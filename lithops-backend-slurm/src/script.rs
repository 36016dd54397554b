//! The batch script of an array job, and what `sbatch` is told with it. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use lithops_core::ports::{ComputeError, ComputeErrorKind};

use crate::SlurmConfig;
use crate::array::Part;
use crate::home::Home;
use crate::login::{quote, slurm};
use crate::refused::error;

/// How many bytes a MiB has.
const MIB: u64 = 1 << 20;
/// What the first process of a task takes of its memory, in bytes.
const FIRST_PROCESS: u64 = 64 * MIB;

/// An array job that is to be submitted.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) name: String,
    /// Whose it is.
    pub(crate) owner: String,
    pub(crate) part: Part,
    /// How many workers share a task.
    pub(crate) slots: u32,
    /// How much memory each of them may take, if its job says so.
    pub(crate) worker_memory: Option<u64>,
    /// What the tasks are told.
    pub(crate) environment: BTreeMap<String, String>,
    /// What the job's user tells them besides.
    pub(crate) private: Option<Private>,
    /// The variable that tells a task its number, and that of the array's first task.
    pub(crate) number: (&'static str, u64),
}

/// Variables that the controller, which keeps scripts and shows them, gets no sight of.
#[derive(Clone, Debug)]
pub(crate) struct Private {
    /// A file of the executor's own folder, which a shell reads.
    pub(crate) file: String,
    pub(crate) names: Vec<String>,
}

/// Lines of shell that set variables.
pub(crate) fn exports(variables: &BTreeMap<String, String>) -> String {
    variables.iter().map(|(name, value)| format!("export {name}={}\n", quote(value))).collect()
}

impl Batch {
    /// What each task runs.
    pub(crate) fn script(&self, config: &SlurmConfig, home: &Home) -> String {
        // What runs images asks who runs them.
        let mut script = String::from("#!/bin/sh\nexport USER=\"${USER:-$(id -un)}\"\n");
        if let Some(private) = &self.private {
            script.push_str(&format!(". {}\n", quote(&private.file)));
        }
        script.push_str(&exports(&self.environment));
        if let Some(settings) = &home.settings {
            script.push_str(&format!("export LITHOPS_CONFIG={}\n", quote(settings)));
        }
        let (variable, first) = self.number;
        script.push_str(&format!("export {variable}=$(({first} + SLURM_ARRAY_TASK_ID))\n"));
        let command = match &config.container {
            None => vec![home.program.clone()],
            Some((engine, image)) => {
                let private = self.private.iter().flat_map(|private| &private.names);
                let names = self.environment.keys().chain(private).map(String::as_str);
                let names: Vec<&str> = names.chain([variable, "LITHOPS_CONFIG"]).collect();
                engine.command(image, home.folder.path(), &home.program, &names)
            }
        };
        let words: Vec<String> = command.iter().map(|word| quote(word)).collect();
        // In the shell's place, so that a signal reaches it.
        script.push_str(&format!("exec {}\n", words.join(" ")));
        script
    }

    /// The line that submits it, with the script as its input; it prints the job's number.
    pub(crate) fn submission(&self, config: &SlurmConfig, home: &Home) -> String {
        let mut words = vec!["sbatch".to_owned(), "--parsable".to_owned()];
        let mut say = |option: &str, value: String| words.push(format!("--{option}={value}"));
        say("job-name", self.name.clone());
        say("array", self.part.specification());
        say("comment", self.owner.clone());
        say("output", home.log(&self.name, "%a"));
        say("chdir", home.own.clone());
        say("nodes", "1".to_owned());
        say("ntasks", "1".to_owned());
        say("cpus-per-task", self.slots.saturating_mul(config.cpus).to_string());
        if let Some(memory) = self.memory(config) {
            say("mem", format!("{}M", memory.div_ceil(MIB)));
        }
        if let Some(limit) = config.time_limit {
            say("time", minutes(limit).to_string());
        }
        let named = [
            ("partition", &config.partition),
            ("account", &config.account),
            ("qos", &config.qos),
            ("constraint", &config.constraint),
            ("reservation", &config.reservation),
        ];
        for (option, value) in named {
            if let Some(value) = value {
                say(option, value.clone());
            }
        }
        // Its calls are run again by the client, which knows which of them are left.
        words.push("--no-requeue".to_owned());
        words.extend(config.options.iter().cloned());
        slurm(words.iter().map(String::as_str))
    }

    /// The memory of a task in bytes: as the cluster's user says it, else room for its workers.
    fn memory(&self, config: &SlurmConfig) -> Option<u64> {
        let for_workers = |memory: u64| {
            memory.saturating_mul(u64::from(self.slots)).saturating_add(FIRST_PROCESS)
        };
        config.memory.or_else(|| self.worker_memory.map(for_workers))
    }
}

/// Slurm counts in minutes.
fn minutes(limit: Duration) -> u64 {
    limit.as_secs().div_ceil(60).max(1)
}

/// Refuses what tasks can't be given.
///
/// # Errors
/// [`ComputeErrorKind::Unsupported`] with what to change.
pub(crate) fn check(
    config: &SlurmConfig,
    environment: &BTreeMap<String, String>,
    memory: Option<u64>,
    operation: &'static str,
) -> Result<(), ComputeError> {
    let refuse = |message: String| Err(error(ComputeErrorKind::Unsupported, operation, message));
    for name in environment.keys() {
        if is_reserved(name) {
            return refuse(format!(
                "`.env(\"{name}\", ..)`: by this variable workers get their orders; use another name"
            ));
        }
        if !is_name(name) {
            return refuse(format!("a shell takes no variable of the name `{name}`"));
        }
    }
    match (memory, config.memory) {
        (Some(memory), Some(most)) if memory > most => refuse(format!(
            "the limit of {memory} bytes is more than the {most} that an array task has: raise \
             `slurm.runtime_memory`, or lower `.memory(..)`"
        )),
        _ => Ok(()),
    }
}

fn is_reserved(name: &str) -> bool {
    const BEGINNINGS: [&str; 3] = ["LITHOPS_WORKER", "LITHOPS_LAUNCH", "SLURM_"];
    ["LITHOPS_CONFIG", "JOB_INDEX"].contains(&name)
        || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

fn is_name(name: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(known) && !name.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::ContainerEngine;
    use crate::cluster::Cluster;
    use crate::folder::Folder;

    fn home() -> Home {
        Home {
            folder: Folder::at("/shared/l"),
            own: "/shared/l/clients/c".to_owned(),
            program: "/shared/l/programs/d1".to_owned(),
            settings: None,
            cluster: Cluster { max_array: 1001 },
        }
    }

    fn batch() -> Batch {
        Batch {
            name: "lithops-a-001-w0-1".to_owned(),
            owner: "boot 1 2".to_owned(),
            part: Part { first: 1001, count: 10 },
            slots: 2,
            worker_memory: None,
            environment: BTreeMap::from([("A".to_owned(), "it's".to_owned())]),
            private: None,
            number: ("JOB_INDEX", 1001),
        }
    }

    #[test]
    fn each_task_is_told_its_number_and_becomes_the_program() {
        let config = SlurmConfig::new("/shared/l");
        let settings = Some("/shared/l/clients/c/lithops.toml".to_owned());
        let home = Home { settings, ..home() };
        assert_eq!(
            batch().script(&config, &home),
            "#!/bin/sh\nexport USER=\"${USER:-$(id -un)}\"\nexport A='it'\\''s'\nexport \
             LITHOPS_CONFIG=/shared/l/clients/c/lithops.toml\nexport JOB_INDEX=$((1001 + \
             SLURM_ARRAY_TASK_ID))\nexec /shared/l/programs/d1\n"
        );
    }

    #[test]
    fn what_a_user_tells_workers_is_not_in_what_the_controller_keeps() {
        let (file, names) = ("/shared/l/clients/c/a b.env".to_owned(), vec!["TOKEN".to_owned()]);
        let batch = Batch { private: Some(Private { file, names }), ..batch() };
        let script = batch.script(&SlurmConfig::new("/shared/l"), &home());
        let begin = "#!/bin/sh\nexport USER=\"${USER:-$(id -un)}\"\n. '/shared/l/clients/c/a b.env'\nexport A=";
        assert!(script.starts_with(begin), "{script}");
        let container = Some((ContainerEngine::Enroot, "i".to_owned()));
        let config = SlurmConfig { container, ..SlurmConfig::new("/shared/l") };
        let script = batch.script(&config, &home());
        assert!(script.contains(" --env A --env TOKEN --env JOB_INDEX "), "{script}");
        let told = BTreeMap::from([("TOKEN".to_owned(), "it's\nlong".to_owned())]);
        assert_eq!(exports(&told), "export TOKEN='it'\\''s\nlong'\n");
    }

    #[test]
    fn a_program_in_an_image_is_run_by_its_engine() {
        let container = Some((ContainerEngine::Apptainer, "my image.sif".to_owned()));
        let config = SlurmConfig { container, ..SlurmConfig::new("/shared/l") };
        let script = batch().script(&config, &home());
        let told = "exec apptainer exec --bind /shared/l 'my image.sif' /shared/l/programs/d1\n";
        assert!(script.ends_with(told), "{script}");
    }

    #[test]
    fn sbatch_is_told_what_the_configuration_says_and_nothing_else() {
        let line = batch().submission(&SlurmConfig::new("/shared/l"), &home());
        let (_, told) = line.split_once(" sbatch ").unwrap();
        assert_eq!(
            told,
            "--parsable --job-name=lithops-a-001-w0-1 --array=0-9 '--comment=boot 1 2' \
             '--output=/shared/l/clients/c/logs/lithops-a-001-w0-1-%a' --chdir=/shared/l/clients/c \
             --nodes=1 --ntasks=1 --cpus-per-task=2 --no-requeue"
        );
        let text = |text: &str| Some(text.to_owned());
        let config = SlurmConfig {
            partition: text("short"),
            account: text("physics"),
            qos: text("high"),
            constraint: text("ib&gpu"),
            reservation: text("r"),
            time_limit: Some(Duration::from_secs(61)),
            memory: Some(1 << 30),
            cpus: 4,
            options: vec!["--gres=gpu:1".to_owned()],
            ..SlurmConfig::new("/shared/l")
        };
        let line = batch().submission(&config, &home());
        let told = "--cpus-per-task=8 --mem=1024M --time=2 --partition=short --account=physics \
                    --qos=high '--constraint=ib&gpu' --reservation=r --no-requeue --gres=gpu:1";
        assert!(line.ends_with(told), "{line}");
    }

    #[test]
    fn workers_with_a_limit_of_memory_get_room_for_it() {
        let batch = Batch { worker_memory: Some(100 << 20), ..batch() };
        let line = batch.submission(&SlurmConfig::new("/shared/l"), &home());
        assert!(line.contains(" --mem=264M "), "{line}");
    }

    #[test]
    fn what_tasks_can_not_be_given_is_refused_before() {
        let refusal = |name: &str, memory| {
            let environment = BTreeMap::from([(name.to_owned(), String::new())]);
            let config = SlurmConfig { memory: Some(1000), ..SlurmConfig::new("/shared/l") };
            check(&config, &environment, memory, "start workers").map_err(|error| error.message)
        };
        assert_eq!(refusal("MINE_1", Some(1000)), Ok(()));
        for name in ["LITHOPS_WORKER", "LITHOPS_CONFIG", "JOB_INDEX", "SLURM_ARRAY_TASK_ID"] {
            let told = refusal(name, None).unwrap_err();
            assert!(
                told.starts_with(&format!("`.env(\"{name}\", ..)`: by this variable")),
                "{told}"
            );
        }
        for name in ["", "1A", "A B", "A;B"] {
            let told = refusal(name, None).unwrap_err();
            assert_eq!(told, format!("a shell takes no variable of the name `{name}`"));
        }
        assert!(refusal("A", Some(1001)).unwrap_err().contains("raise `slurm.runtime_memory`"));
    }
}
