//! From an order for workers to the runs that Code Engine is asked for. Pure.

use lithops_core::ports::{ComputeError, ComputeErrorKind, Launch};
use lithops_worker::{ENTRY_VARIABLE, MEMORY_VARIABLE, ORDER_VARIABLE, SLOTS_VARIABLE};

use crate::array::{array_specifications, parse};
use crate::clean::OWNER_VARIABLE;
use crate::deploy::Deployed;
use crate::refused::error;
use crate::request::{EnvVar, RunBody};
use crate::status::Ordered;
use crate::{CodeEngineConfig, name};

const START: &str = "start workers";

/// The largest thing that Code Engine keeps. What counts towards it is not documented, so that a
/// little less is used.
const LARGEST: usize = 10 * 1024 - 256;
/// The most variables of a run.
const MOST_VARIABLES: usize = 100;
/// The longest name of a variable.
const LONGEST_NAME: usize = 253;

/// A run that is to be started.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Planned {
    pub(crate) ordered: Ordered,
    pub(crate) body: RunBody,
}

/// The runs of one launch: one for each thousand instances.
///
/// # Errors
/// [`ComputeErrorKind::Unsupported`] if instances can't be what the launch wants, or if its
/// environment is more than Code Engine takes.
pub(crate) fn plan(
    config: &CodeEngineConfig,
    deployed: &Deployed,
    launch: &Launch,
    owner: &str,
    in_main: bool,
) -> Result<Vec<Planned>, ComputeError> {
    let refuse = |message: String| Err(error(ComputeErrorKind::Unsupported, START, message));
    let most = config.combination.memory_bytes();
    if let Some(memory) = launch.profile.memory
        && memory > most
    {
        return refuse(format!(
            "the limit of {memory} bytes is more than the {most} that an instance has: raise \
             `runtime_memory`, or lower `.memory(..)`"
        ));
    }
    let environment = environment(deployed, launch, owner, in_main);
    if environment.len() > MOST_VARIABLES {
        return refuse(format!(
            "{} variables are more than the {MOST_VARIABLES} that a job run may have; set fewer by \
             `.env(..)`",
            environment.len()
        ));
    }
    if let Some(bad) = environment.iter().find(|variable| !is_name(&variable.name)) {
        return refuse(format!("Code Engine takes no variable of the name `{}`", bad.name));
    }
    let slots = if launch.alone { 1 } else { config.slots.max(1) };
    let slots = u32::try_from(slots).unwrap_or(u32::MAX);
    let instances = launch.workers.div_ceil(slots);
    let (wave, workers) = (launch.order.wave, launch.workers);
    let planned = |(part, specification): (usize, String)| {
        let name = name::run(&launch.job, wave, part);
        let body = RunBody {
            job_name: deployed.definition.clone(),
            name: name.clone(),
            scale_array_spec: specification.clone(),
            scale_retry_limit: 0,
            scale_max_execution_time: config.timeout.as_secs(),
            run_env_variables: environment.clone(),
            run_volume_mounts: Vec::new(),
        };
        let indices = parse(&specification).unwrap_or_default();
        Planned { ordered: Ordered { name, wave, workers, alone: launch.alone, indices }, body }
    };
    let runs: Vec<Planned> =
        array_specifications(0..instances).into_iter().enumerate().map(planned).collect();
    for run in &runs {
        let size = serde_json::to_string(&run.body).map_or(0, |text| text.len());
        if size > LARGEST {
            return refuse(format!(
                "the job run would have {size} bytes, and Code Engine takes {LARGEST}: most of it is \
                 the environment; give large values to `map_with`, or through storage"
            ));
        }
    }
    Ok(runs)
}

/// Refuses variables of the user's that would make an instance something else than a worker.
///
/// # Errors
/// [`ComputeErrorKind::Unsupported`] with the name of the first.
pub(crate) fn check_environment(launch: &Launch) -> Result<(), ComputeError> {
    let mut names = launch.profile.environment.keys();
    let Some(name) = names.find(|name| is_reserved(name)) else { return Ok(()) };
    let message = format!(
        "`.env(\"{name}\", ..)`: by this variable workers get their orders; use another name"
    );
    Err(error(ComputeErrorKind::Unsupported, START, message))
}

fn is_reserved(name: &str) -> bool {
    const BEGINNINGS: [&str; 2] = ["LITHOPS_WORKER", "LITHOPS_LAUNCH"];
    const NAMES: [&str; 3] = ["LITHOPS_CONFIG", OWNER_VARIABLE, "JOB_INDEX"];
    NAMES.contains(&name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// The variables of a run, each once; ours go before the user's.
fn environment(deployed: &Deployed, launch: &Launch, owner: &str, in_main: bool) -> Vec<EnvVar> {
    let mut ours = vec![
        EnvVar::literal(ORDER_VARIABLE, launch.order.to_text()),
        EnvVar::literal(OWNER_VARIABLE, owner),
        EnvVar::literal(ENTRY_VARIABLE, if in_main { "main" } else { "constructor" }),
    ];
    ours.extend(
        launch.profile.memory.map(|limit| EnvVar::literal(MEMORY_VARIABLE, limit.to_string())),
    );
    // Goes before what the definition says.
    ours.extend(launch.alone.then(|| EnvVar::literal(SLOTS_VARIABLE, "1")));
    ours.extend(deployed.launch.iter().cloned());
    let theirs = launch.profile.environment.iter();
    let theirs: Vec<EnvVar> = theirs
        .filter(|(name, _)| ours.iter().all(|variable| variable.name != **name))
        .map(|(name, value)| EnvVar::literal(name, value))
        .collect();
    ours.extend(theirs);
    ours
}

fn is_name(name: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    !name.is_empty() && name.len() <= LONGEST_NAME && name.chars().all(known)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeMap;

    use lithops_core::ports::{StorageLocation, WorkerProfile};
    use lithops_core::wire::{Digest, JobId, WorkOrder};

    use super::*;
    use crate::request::Project;

    fn deployed() -> Deployed {
        Deployed {
            project: Project { id: "p".to_owned() },
            definition: "lithops-worker-1".to_owned(),
            image: "a".to_owned(),
            launch: vec![EnvVar::literal("LITHOPS_LAUNCH", "digest")],
        }
    }

    fn launch(workers: u32, environment: &[(&str, &str)], memory: Option<u64>) -> Launch {
        let job = JobId::new("0123abcd", 1);
        let settings = BTreeMap::from([("bucket".to_owned(), "jobs".to_owned())]);
        let storage = StorageLocation { scheme: "s3".to_owned(), settings };
        let order = WorkOrder {
            protocol: 2,
            storage,
            job: job.clone(),
            preface: 300,
            digest: Digest::of(b"preface"),
            len: 1 << 20,
            workers,
            wave: 4,
            heartbeat_ms: 7500,
        };
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment = environment.iter().map(pair).collect();
        Launch { job, order, workers, profile: WorkerProfile { environment, memory }, alone: false }
    }

    fn planned(slots: usize, launch: &Launch) -> Result<Vec<Planned>, ComputeError> {
        let config = CodeEngineConfig { slots, ..CodeEngineConfig::default() };
        plan(&config, &deployed(), launch, "here 1 2", false)
    }

    fn refusal(launch: &Launch) -> String {
        let error = planned(1, launch).unwrap_err();
        assert_eq!(error.kind, ComputeErrorKind::Unsupported);
        error.message
    }

    #[test]
    fn a_run_has_an_index_for_each_instance() {
        let [run] = &planned(1, &launch(100, &[], None)).unwrap()[..] else { panic!() };
        assert_eq!(
            (run.body.name.as_str(), run.body.scale_array_spec.as_str()),
            ("lithops-0123abcd-001-w4", "0-99")
        );
        assert_eq!((run.body.scale_retry_limit, run.body.scale_max_execution_time), (0, 7200));
        assert_eq!(run.ordered.indices, (0..100).collect::<Vec<_>>());
        let [run] = &planned(4, &launch(10, &[], None)).unwrap()[..] else { panic!() };
        assert_eq!((run.body.scale_array_spec.as_str(), run.ordered.workers), ("0-2", 10));
        assert!(!run.body.run_env_variables.iter().any(|told| told.name == SLOTS_VARIABLE));
    }

    #[test]
    fn workers_that_may_not_share_have_an_instance_each() {
        let launch = Launch { alone: true, ..launch(10, &[], None) };
        let [run] = &planned(4, &launch).unwrap()[..] else { panic!() };
        assert_eq!((run.body.scale_array_spec.as_str(), run.ordered.workers), ("0-9", 10));
        assert!(run.ordered.alone);
        assert!(run.body.run_env_variables.contains(&EnvVar::literal(SLOTS_VARIABLE, "1")));
    }

    #[test]
    fn more_than_a_thousand_instances_take_several_runs() {
        let runs = planned(1, &launch(2001, &[], None)).unwrap();
        let told: Vec<_> = runs
            .iter()
            .map(|run| (run.body.name.as_str(), run.body.scale_array_spec.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("lithops-0123abcd-001-w4", "0-999"),
                ("lithops-0123abcd-001-w4-1", "1000-1999"),
                ("lithops-0123abcd-001-w4-2", "2000"),
            ]
        );
    }

    #[test]
    fn instances_are_told_their_order_and_nobody_overwrites_it() {
        let memory = Some(1 << 20);
        let launch = launch(1, &[("LITHOPS_WORKER_ORDER", "mine"), ("RUST_LOG", "info")], memory);
        let runs = planned(1, &launch).unwrap();
        let told: Vec<_> = runs[0]
            .body
            .run_env_variables
            .iter()
            .map(|variable| (variable.name.as_str(), variable.value.as_str()))
            .collect();
        let order = launch.order.to_text();
        let expected = [
            ("LITHOPS_WORKER_ORDER", order.as_str()),
            ("LITHOPS_OWNER", "here 1 2"),
            ("LITHOPS_WORKER_ENTRY", "constructor"),
            ("LITHOPS_WORKER_MEMORY", "1048576"),
            ("LITHOPS_LAUNCH", "digest"),
            ("RUST_LOG", "info"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_variable_by_which_workers_get_their_orders_is_refused() {
        for name in [
            "LITHOPS_WORKER",
            "LITHOPS_WORKER_SLOTS",
            "LITHOPS_CONFIG",
            "LITHOPS_LAUNCH_CACHE",
            "JOB_INDEX",
        ] {
            let error = check_environment(&launch(1, &[(name, "x")], None)).unwrap_err();
            assert_eq!(error.kind, ComputeErrorKind::Unsupported);
            assert!(error.message.contains(&format!("`.env(\"{name}\", ..)`")), "{error}");
        }
        check_environment(&launch(1, &[("LITHOPS_MINE", "x"), ("JOB", "")], None)).unwrap();
    }

    #[test]
    fn what_code_engine_would_refuse_is_refused_before() {
        let large = "x".repeat(10 * 1024);
        assert!(refusal(&launch(1, &[("LARGE", &large)], None)).contains("Code Engine takes 9984"));
        assert!(
            refusal(&launch(1, &[("A B", "")], None)).contains("no variable of the name `A B`")
        );
        assert!(refusal(&launch(1, &[], Some(1 << 30))).contains("raise `runtime_memory`"));
        let names: Vec<String> = (0..100).map(|i| format!("V{i}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert!(
            refusal(&launch(1, &many, None)).starts_with("104 variables are more than the 100")
        );
    }
}
