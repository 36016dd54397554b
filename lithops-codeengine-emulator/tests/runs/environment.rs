//! What instances are given.

use std::time::Duration;

use lithops_codeengine_emulator::run::{EnvVar, Mount, MountSource, ReferenceKind, RunStatus};

use super::stage::{Stage, script, until};

fn literal(name: &str, value: &str) -> EnvVar {
    EnvVar::Literal { name: name.to_owned(), value: value.to_owned() }
}

fn key(name: &str, kind: ReferenceKind, reference: &str, key: &str) -> EnvVar {
    let (name, reference, key) = (name.to_owned(), reference.to_owned(), key.to_owned());
    EnvVar::Key { name, kind, reference, key }
}

fn full(kind: ReferenceKind, reference: &str, prefix: &str) -> EnvVar {
    EnvVar::Full { kind, reference: reference.to_owned(), prefix: prefix.to_owned() }
}

fn mount(source: MountSource, reference: &str, path: &str) -> Mount {
    Mount { source, reference: reference.to_owned(), path: path.to_owned() }
}

#[tokio::test]
async fn an_instance_knows_what_code_engine_tells_it_and_nothing_of_the_emulator() {
    let stage = Stage::new();
    let mut order = script("r", [3, 9], "env | sort");
    order.array_size = 50;
    order.retry_limit = 2;
    let run = stage.create(order);
    stage.finished(&run).await;
    let log = stage.log(&run, 9);
    let lines: Vec<&str> = log.lines().filter(|line| !line.contains("/tmp")).collect();
    assert_eq!(
        lines,
        [
            "CE_API_BASE_URL=http://127.0.0.1:1",
            "CE_DOMAIN=us-south.codeengine.appdomain.cloud",
            "CE_JOB=job",
            "CE_JOBRUN=r",
            "CE_PROJECT_ID=project",
            "CE_REGION=us-south",
            "CE_SUBDOMAIN=subdomain",
            "HOSTNAME=r-9-0",
            "JOB_ARRAY_SIZE=50",
            "JOB_INDEX=9",
            "JOB_INDEX_RETRY_COUNT=0",
            "JOB_MODE=task",
            "JOB_RETRY_LIMIT=2",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ]
    );
    let private: Vec<_> = log.lines().filter_map(|line| line.split_once("=/tmp/")).collect();
    let names: Vec<&str> = private.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["CE_EMULATOR_ROOT", "HOME", "PWD"]);
}

#[tokio::test]
async fn literals_and_keys_stand_above_full_references_and_injected_variables_above_all() {
    let stage = Stage::new();
    stage.shelf.put_config_map("one", &[("A", "1"), ("B", "1"), ("C", "1")]);
    stage.shelf.put_secret("two", &[("B", "2"), ("C", "2")]);
    let mut order = script("r", [0], "echo $A $B $C $P_B $JOB_INDEX");
    order.environment = vec![
        literal("JOB_INDEX", "9"),
        key("C", ReferenceKind::ConfigMap, "one", "A"),
        full(ReferenceKind::ConfigMap, "one", ""),
        full(ReferenceKind::Secret, "two", ""),
        full(ReferenceKind::Secret, "two", "P_"),
        literal("A", "literal"),
    ];
    let run = stage.create(order);
    stage.finished(&run).await;
    assert_eq!(stage.log(&run, 0), "literal 2 1 2 0\n");
    let environments = stage.runs.environments();
    assert_eq!(environments.len(), 1);
    let (of, variables) = &environments[0];
    assert_eq!(of, &run);
    assert!(variables.contains(&("P_B".to_owned(), "2".to_owned())), "{variables:?}");
}

#[tokio::test]
async fn references_are_looked_up_when_an_instance_starts() {
    let stage = Stage::new();
    stage.shelf.put_config_map("settings", &[("key", "old")]);
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("go");
    let wait = format!("echo $V; while ! test -e {}; do sleep 0.01; done; exit 1", go.display());
    let mut order = script("r", [0], &wait);
    order.environment = vec![key("V", ReferenceKind::ConfigMap, "settings", "key")];
    order.retry_limit = 1;
    let run = stage.create(order);
    until("the first instance", || stage.log(&run, 0) == "old\n").await;
    stage.shelf.put_config_map("settings", &[("key", "new")]);
    std::fs::write(go, "").unwrap();
    stage.finished(&run).await;
    assert_eq!(stage.log(&run, 0), "old\nnew\n");
}

#[tokio::test]
async fn an_instance_waits_for_what_it_refers_to() {
    let stage = Stage::new();
    let mut order = script("r", [0], "echo $V");
    order.environment = vec![key("V", ReferenceKind::Secret, "later", "key")];
    let run = stage.create(order);
    let reason = || stage.details(&run).indices_details.unwrap()["0"].last_failure_reason.clone();
    until("the reason", || reason().is_some()).await;
    assert_eq!(reason().as_deref(), Some("CreateContainerConfigError"));
    assert_eq!(stage.view(&run).status, RunStatus::Pending);
    assert_eq!(stage.log(&run, 0), "[emulator] the project has no secret `later`\n");
    stage.shelf.put_secret("later", &[("other", "1")]);
    let no_key = "[emulator] `later` has no key `key`\n";
    let look_again = || stage.runs.clock().advance(Duration::from_secs(1));
    until("another look", || {
        look_again();
        stage.log(&run, 0).ends_with(no_key)
    })
    .await;
    stage.shelf.put_secret("later", &[("key", "here")]);
    look_again();
    assert_eq!(stage.finished(&run).await.0, RunStatus::Completed);
    assert!(stage.log(&run, 0).ends_with("here\n"));
}

#[tokio::test]
async fn an_instance_that_waits_in_vain_fails_when_the_runs_time_is_over() {
    let stage = Stage::new();
    let mut order = script("r", [0], "");
    order.mounts = vec![mount(MountSource::PersistentDataStore, "store", "/data")];
    let run = stage.create(order);
    until("its room", || stage.runs.instances_of("project").active == 1).await;
    until("the reason", || !stage.log(&run, 0).is_empty()).await;
    stage.runs.clock().advance(Duration::from_secs(7200));
    let (status, details) = stage.finished(&run).await;
    assert_eq!((status, details.start_time), (RunStatus::Failed, None));
    let reason = details.indices_details.unwrap()["0"].last_failure_reason.clone();
    assert_eq!(reason.as_deref(), Some("MaxExecutionTimeExceeded"));
}

#[tokio::test]
async fn mounts_are_files_below_a_private_folder_and_literals_that_name_them_lead_there() {
    let stage = Stage::new();
    stage.shelf.put_config_map("work", &[("payload", "{}"), ("other.txt", "text")]);
    stage.shelf.put_secret("keys", &[("key", "secret")]);
    stage.shelf.put_config_map("words", &[("path", "/mnt/work/payload")]);
    let mut order = script(
        "r",
        [0],
        "cat $FILE $FOLDER/other.txt; cat $CE_EMULATOR_ROOT/mnt/keys/key; \
         cat $CE_EMULATOR_ROOT/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token; \
         echo; echo $ELSE $REFERRED",
    );
    order.mounts = vec![
        mount(MountSource::ConfigMap, "work", "/mnt/work"),
        mount(MountSource::Secret, "keys", "/mnt/keys/"),
    ];
    order.environment = vec![
        literal("FILE", "/mnt/work/payload"),
        literal("FOLDER", "/mnt/work"),
        literal("ELSE", "/mnt/workshop"),
        key("REFERRED", ReferenceKind::ConfigMap, "words", "path"),
    ];
    order.compute_resource_token = true;
    let run = stage.create(order);
    let (status, _) = stage.finished(&run).await;
    let log = stage.log(&run, 0);
    assert_eq!(log, "{}textsecretthe token of r\n/mnt/workshop /mnt/work/payload\n");
    assert_eq!(status, RunStatus::Completed);
}

#[tokio::test]
async fn an_environment_that_is_too_long_ends_the_instance() {
    let stage = Stage::new();
    let mut order = script("r", [0], "true");
    let name_and_more = "P=".len() + 1;
    let long = |bytes: usize| literal("P", &"x".repeat(bytes - name_and_more));
    order.environment = vec![long(131_072)];
    let short = stage.create(order.clone());
    order.id.name = "long".to_owned();
    order.environment = vec![long(131_073)];
    let long = stage.create(order);
    assert_eq!(stage.finished(&short).await.0, RunStatus::Completed);
    let (status, details) = stage.finished(&long).await;
    assert_eq!(status, RunStatus::Failed);
    let reason = details.indices_details.unwrap()["0"].last_failure_reason.clone();
    assert_eq!(reason.as_deref(), Some("ContainerExitedCode128"));
}
