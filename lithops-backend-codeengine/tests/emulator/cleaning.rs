//! What is found of those who are gone.

use lithops_backend_codeengine::CodeEngineBackend;
use lithops_codeengine_emulator::HttpFaultKind as Kind;
use lithops_codeengine_emulator::Settings;
use lithops_core::ports::{CleanScope, ComputeBackend, ComputeErrorKind, WorkerState};
use lithops_core::secret::Secret;
use lithops_worker::Owner;
use serde_json::json;

use crate::cloud::{Cloud, RUN, job, launch};

/// The text of a process of this machine that is dead.
fn dead() -> String {
    let owner = Owner::current().unwrap().to_text();
    let (process, began) = owner.rsplit_once(' ').unwrap();
    format!("{process} {}", began.parse::<u64>().unwrap() + 1)
}

/// Starts a run as another client would have.
async fn start_as(cloud: &Cloud, name: &str, index: u32, owner: &str) {
    let (project, _) = cloud.project();
    let variable = json!({"type": "literal", "name": "LITHOPS_OWNER", "value": owner});
    let run = json!({"job_name": cloud.names("jobs")[0], "name": name, "scale_retry_limit": 0,
        "scale_array_spec": index.to_string(), "run_env_variables": [variable]});
    let path = format!("{project}/job_runs");
    assert_eq!(cloud.by_hand("POST", &path, &run.to_string()).await, 202);
}

/// The kinds of what would be removed.
async fn told(backend: &CodeEngineBackend, scope: &CleanScope) -> Vec<&'static str> {
    let found = backend.leftovers(scope).await.unwrap();
    found.iter().map(|thing| thing.kind).collect()
}

#[tokio::test]
async fn all_that_is_ours_goes_and_nothing_else() {
    let cloud = Cloud::with("sleep 600", Settings::default(), |config| {
        config.worker_settings = Some(Secret::new("[minio]"));
    })
    .await;
    cloud.start(&job(0), 1).await;
    let other = cloud.another(|config| config.slots = 2);
    other.deploy().await.unwrap();
    // A run, two definitions, a secret.
    let kinds = ["job run", "job definition", "job definition", "secret"];
    assert_eq!(told(&other, &CleanScope::All).await, kinds);
    let found = other.leftovers(&CleanScope::Job(job(0))).await.unwrap();
    assert_eq!((found.len(), found[0].name.as_str()), (1, "lithops-0123abcd-000-w0"));
    assert!(found[0].changed.is_some());
    assert_eq!(other.clean(CleanScope::All).await.unwrap(), 4);
    for kind in ["job_runs", "jobs", "secrets", "config_maps"] {
        assert_eq!(cloud.names(kind), Vec::<String>::new(), "{kind}");
    }
    assert_eq!(other.clean(CleanScope::All).await.unwrap(), 0);
}

#[tokio::test]
async fn where_there_is_no_project_nothing_was_left() {
    let cloud = Cloud::new("").await;
    for scope in [CleanScope::All, CleanScope::Leftovers, CleanScope::Job(job(0))] {
        assert_eq!(cloud.backend.clean(scope).await.unwrap(), 0);
    }
    assert_eq!(cloud.count("POST", "/v2/projects"), 0);
}

#[tokio::test]
async fn the_runs_of_one_job_are_found_by_another_process() {
    let cloud = Cloud::new("sleep 600").await;
    cloud.start(&job(1), 1).await;
    cloud.backend.start(launch(&job(1), 1, 1)).await.unwrap();
    cloud.start(&job(10), 1).await;
    let other = cloud.another(|_| {});
    assert_eq!(other.clean(CleanScope::Job(job(1))).await.unwrap(), 2);
    assert_eq!(cloud.names("job_runs"), ["lithops-0123abcd-010-w0"]);
    other.cancel(&job(10)).await.unwrap();
    assert_eq!(cloud.names("job_runs"), Vec::<String>::new());
}

#[tokio::test]
async fn only_what_nobody_needs_is_left_over() {
    // Instances of index 0 end at once.
    let cloud = Cloud::with("[ $JOB_INDEX = 0 ] || sleep 600", Settings::default(), |config| {
        config.worker_settings = Some(Secret::new("[minio]"));
    })
    .await;
    cloud.start(&job(0), 1).await;
    assert_eq!(cloud.ends(&job(0)).await, [WorkerState::Succeeded]);
    let other = cloud.another(|config| {
        config.slots = 2;
        config.worker_settings = Some(Secret::new("[ceph]"));
    });
    other.deploy().await.unwrap();
    start_as(&cloud, "lithops-dead-001-w0", 1, &dead()).await;
    start_as(&cloud, "lithops-far-001-w0", 1, "elsewhere/pid:[1] 1 1").await;
    start_as(&cloud, "somebody-elses", 1, &dead()).await;
    assert_eq!((cloud.names("jobs").len(), cloud.names("secrets").len()), (2, 2));
    // The run of the dead, and neither what has ended here, nor what runs elsewhere.
    let found = other.leftovers(&CleanScope::Leftovers).await.unwrap();
    let names: Vec<&str> = found.iter().map(|thing| thing.name.as_str()).collect();
    assert_eq!(names, ["lithops-dead-001-w0"]);
    assert_eq!(other.clean(CleanScope::Leftovers).await.unwrap(), 1);
    let left = ["lithops-0123abcd-000-w0", "lithops-far-001-w0", "somebody-elses"];
    assert_eq!(cloud.names("job_runs"), left);
    // Its own definition stays, although it has no run; with the last run the other one goes.
    assert_eq!((cloud.names("jobs").len(), cloud.names("secrets").len()), (2, 2));
    cloud.backend.cancel(&job(0)).await.unwrap();
    let (project, _) = cloud.project();
    for run in &left[1..] {
        cloud.by_hand("DELETE", &format!("{project}/job_runs/{run}"), "").await;
    }
    assert_eq!(told(&other, &CleanScope::Leftovers).await, ["job definition", "secret"]);
    assert_eq!(other.clean(CleanScope::Leftovers).await.unwrap(), 2);
    assert_eq!(told(&other, &CleanScope::Leftovers).await, [""; 0]);
    assert_eq!((cloud.names("jobs").len(), cloud.names("secrets").len()), (1, 1));
}

#[tokio::test]
async fn what_has_ended_elsewhere_is_left_over() {
    let cloud = Cloud::new("").await;
    cloud.backend.deploy().await.unwrap();
    start_as(&cloud, "lithops-far-001-w0", 0, "elsewhere/pid:[1] 1 1").await;
    let begun = std::time::Instant::now();
    while cloud.backend.clean(CleanScope::Leftovers).await.unwrap() == 0 {
        assert!(begun.elapsed() < std::time::Duration::from_secs(30));
    }
    assert_eq!(cloud.names("job_runs"), Vec::<String>::new());
}

#[tokio::test]
async fn an_executors_first_job_removes_what_the_dead_have_left() {
    let cloud = Cloud::new("sleep 600").await;
    cloud.backend.deploy().await.unwrap();
    start_as(&cloud, "lithops-dead-001-w0", 1, &dead()).await;
    start_as(&cloud, "lithops-far-001-w0", 1, "elsewhere/pid:[1] 1 1").await;
    cloud.another(|_| {}).deploy().await.unwrap();
    assert_eq!(cloud.names("job_runs"), ["lithops-far-001-w0"]);
}

#[tokio::test]
async fn a_removal_that_fails_drops_no_other_and_is_tried_again_at_the_end() {
    let cloud = Cloud::new("sleep 600").await;
    for wave in 0..3 {
        cloud.backend.start(launch(&job(0), wave, 1)).await.unwrap();
    }
    let refused = Kind::Status { status: 403, retry_after: None };
    cloud.fault("DELETE", "/job_runs/", 2, refused);
    let error = cloud.backend.cancel(&job(0)).await.unwrap_err();
    assert_eq!(error.kind, ComputeErrorKind::Denied);
    assert_eq!((cloud.count("DELETE", RUN), cloud.names("job_runs").len()), (3, 2));
    cloud.backend.shutdown().await;
    assert_eq!((cloud.count("DELETE", RUN), cloud.names("job_runs").len()), (5, 0));
}
