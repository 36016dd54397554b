//! What containers have to keep.

use std::collections::HashMap;
use std::future::Future;

use bollard::models::ContainerCreateBody;
use bollard::query_parameters::CreateContainerOptions;
use lithops_codeengine_emulator::instance::{ContainerSettings, Containers};
use lithops_codeengine_emulator::run::{
    EnvVar, Mount, MountSource, ReferenceKind, RunId, RunStatus,
};
use lithops_runtime::engine::Engine;

use super::place::{count, image, order, runtime, stage};
use super::stage::{Stage, until};

pub(crate) const CASES: &[(&str, fn())] = &[
    ("each_index_runs_and_is_told_what_it_is", || run(each_index_runs_and_is_told_what_it_is())),
    ("ends_have_their_reasons", || run(ends_have_their_reasons())),
    ("a_program_that_needs_too_much_memory_is_killed", || {
        run(a_program_that_needs_too_much_memory_is_killed());
    }),
    ("mounts_are_there_to_read", || run(mounts_are_there_to_read())),
    ("a_deleted_run_leaves_no_container_at_any_moment", || {
        run(a_deleted_run_leaves_no_container_at_any_moment());
    }),
    ("at_shutdown_no_container_is_left", || run(at_shutdown_no_container_is_left())),
    ("what_a_killed_emulator_has_left_is_removed", || {
        run(what_a_killed_emulator_has_left_is_removed());
    }),
    ("an_image_that_can_not_be_had_is_waited_for", || {
        run(an_image_that_can_not_be_had_is_waited_for());
    }),
];

fn run(case: impl Future<Output = ()>) {
    runtime().block_on(case);
}

fn reason(stage: &Stage, run: &RunId) -> Option<String> {
    stage.details(run).indices_details.unwrap()["0"].last_failure_reason.clone()
}

/// Waits until nothing of an emulator is left.
async fn none_left(containers: &Containers) {
    let deadline = tokio::time::Instant::now() + super::stage::BOUND;
    while count(containers.label()).await > 0 {
        assert!(tokio::time::Instant::now() < deadline, "containers are left");
    }
}

async fn each_index_runs_and_is_told_what_it_is() {
    let (stage, containers) = stage().await;
    let index = stage.create(order("index", 3, &["variable", "JOB_INDEX"]));
    let host = stage.create(order("host", 1, &["read", "/etc/hostname"]));
    let (status, details) = stage.finished(&index).await;
    assert_eq!((status, details.succeeded), (RunStatus::Completed, 3));
    for number in 0..3 {
        assert_eq!(stage.log(&index, number), format!("{number}\n"));
    }
    stage.finished(&host).await;
    assert_eq!(stage.log(&host, 0), "host-0-0\n");
    none_left(&containers).await;
}

async fn ends_have_their_reasons() {
    let (stage, _containers) = stage().await;
    let fails = stage.create(order("fails", 1, &["exit", "3"]));
    let mut absent = order("absent", 1, &[]);
    absent.commands = vec!["/no/such/program".to_owned()];
    let absent = stage.create(absent);
    // A program may end with what shells say of one that is not there.
    let alike = stage.create(order("alike", 1, &["exit", "127"]));
    for (run, expected) in [
        (fails, "ContainerExitedCode3"),
        (absent, "ExecutableNotFound"),
        (alike, "ContainerExitedCode127"),
    ] {
        assert_eq!(stage.finished(&run).await.0, RunStatus::Failed);
        assert_eq!(reason(&stage, &run).as_deref(), Some(expected));
    }
}

async fn a_program_that_needs_too_much_memory_is_killed() {
    let (stage, _containers) = stage().await;
    let mut order = order("eats", 1, &["eat"]);
    order.memory = 32_000_000;
    order.retry_limit = 1;
    let run = stage.create(order);
    let (status, details) = stage.finished(&run).await;
    assert_eq!(status, RunStatus::Failed);
    assert_eq!(reason(&stage, &run).as_deref(), Some("OOMKilled"));
    assert_eq!(details.indices_details.unwrap()["0"].retries, 1);
}

async fn mounts_are_there_to_read() {
    let (stage, _containers) = stage().await;
    stage.shelf.put_config_map("work", &[("payload", "the payload")]);
    stage.shelf.put_secret("key", &[("value", "secret")]);
    let mount = Mount {
        source: MountSource::ConfigMap,
        reference: "work".to_owned(),
        path: "/mnt/work".to_owned(),
    };
    let mut reads = order("reads", 1, &["read", "/mnt/work/payload"]);
    reads.mounts = vec![mount.clone()];
    // Others than root can read it too.
    reads.user = 1234;
    let mut writes = order("writes", 1, &["write", "/mnt/work/payload"]);
    writes.mounts = vec![mount];
    let mut token = order(
        "token",
        1,
        &["read", "/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token"],
    );
    token.compute_resource_token = true;
    let mut variable = order("variable", 1, &["variable", "KEY"]);
    variable.environment = vec![EnvVar::Key {
        name: "KEY".to_owned(),
        kind: ReferenceKind::Secret,
        reference: "key".to_owned(),
        key: "value".to_owned(),
    }];
    let orders = [reads, writes, token, variable];
    let runs = orders.map(|order| stage.create(order));
    let printed = [
        "the payload",
        "read-only filesystem or storage medium\n",
        "the token of token",
        "secret\n",
    ];
    for (run, printed) in runs.iter().zip(printed) {
        let (status, _) = stage.finished(run).await;
        assert_eq!((status, stage.log(run, 0).as_str()), (RunStatus::Completed, printed));
    }
}

async fn a_deleted_run_leaves_no_container_at_any_moment() {
    let (stage, containers) = stage().await;
    for moment in 0..6 {
        let run = stage.create(order("r", 2, &["wait"]));
        let later = tokio::time::Duration::from_millis(moment * 80);
        let up = || (0..2).all(|index| stage.log(&run, index) == "waiting\n");
        match moment {
            5 => until("its instances", up).await,
            _ => tokio::time::sleep(later).await,
        }
        assert!(stage.runs.delete(&run));
    }
    until("the room", || stage.runs.instances_of("project").active == 0).await;
    none_left(&containers).await;
}

async fn at_shutdown_no_container_is_left() {
    let (stage, containers) = stage().await;
    let run = stage.create(order("r", 4, &["wait"]));
    until("the first instances", || stage.details(&run).running >= 2).await;
    stage.runs.shutdown().await;
    assert_eq!(count(containers.label()).await, 0);
}

async fn what_a_killed_emulator_has_left_is_removed() {
    let (_stage, containers) = stage().await;
    let parts: Vec<&str> = containers.label().split('.').collect();
    let [boot, namespace, process, began, number] = parts[..] else { panic!("{parts:?}") };
    // A process of this number that began at another time is dead.
    let began: u64 = began.parse().unwrap();
    let dead = format!("{boot}.{namespace}.{process}.{}.{number}", began + 1);
    let other = format!("{boot}.1.{process}.{}.{number}", began + 1);
    let engine = Engine::connect(None).await.unwrap();
    for label in [&dead, &other] {
        let label = ("lithops-codeengine-emulator".to_owned(), label.clone());
        let body = ContainerCreateBody {
            image: Some(image()),
            labels: Some(HashMap::from([label])),
            ..ContainerCreateBody::default()
        };
        engine.docker().create_container(None::<CreateContainerOptions>, body).await.unwrap();
    }
    // The other cases' emulators may have removed it by now.
    Containers::connect(ContainerSettings::default()).await.unwrap();
    // Another case's emulator may be at it.
    let deadline = tokio::time::Instant::now() + super::stage::BOUND;
    while count(&dead).await > 0 && tokio::time::Instant::now() < deadline {}
    let left = (count(&dead).await, count(&other).await);
    let mut options = bollard::query_parameters::ListContainersOptionsBuilder::new().all(true);
    let label = format!("lithops-codeengine-emulator={other}");
    options = options.filters(&HashMap::from([("label", vec![label.as_str()])]));
    for container in engine.docker().list_containers(Some(options.build())).await.unwrap() {
        engine.docker().remove_container(&container.id.unwrap(), None).await.unwrap();
    }
    assert_eq!(left, (0, 1));
}

async fn an_image_that_can_not_be_had_is_waited_for() {
    let (stage, _containers) = stage().await;
    let mut order = order("r", 1, &["say", "hello"]);
    // Nobody listens on port 1.
    order.image = "127.0.0.1:1/lithops/none:1".to_owned();
    let run = stage.create(order);
    until("the reason", || reason(&stage, &run).is_some()).await;
    assert_eq!(reason(&stage, &run).as_deref(), Some("ImagePullBackOff"));
    assert_eq!(stage.view(&run).status, RunStatus::Pending);
    assert!(stage.log(&run, 0).contains("does not reach 127.0.0.1:1"), "{}", stage.log(&run, 0));
}
