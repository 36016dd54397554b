//! Projects, secrets and definitions: found, made, waited for.

use std::time::Duration;

use lithops_backend_codeengine::Registry;
use lithops_codeengine_emulator::HttpFaultKind as Kind;
use lithops_codeengine_emulator::{Limits, Settings};
use lithops_core::ports::{ComputeBackend, ComputeErrorKind};
use lithops_core::secret::Secret;

use crate::cloud::{API_KEY, Cloud, job, launch};

const PROJECTS: &str = "/v2/projects";
const PROJECT: &str = "/v2/projects/{project}";
const JOBS: &str = "/v2/projects/{project}/jobs";

#[tokio::test]
async fn what_is_there_is_found_by_two_requests() {
    let cloud = Cloud::new("").await;
    assert_eq!(cloud.backend.deploy().await.unwrap(), "this/program");
    cloud.emulator.requests().clear();
    cloud.backend.deploy().await.unwrap();
    assert_eq!(cloud.emulator.requests().total(), 0);

    let next = cloud.another(|_| {});
    next.deploy().await.unwrap();
    // The definition is there by its name: one refusal, one look. The fourth lists the runs of the dead.
    assert_eq!((cloud.count("GET", PROJECTS), cloud.count("POST", PROJECTS)), (1, 0));
    assert_eq!((cloud.names("jobs").len(), next.requests()), (1, 4));
}

#[tokio::test]
async fn those_who_come_meanwhile_wait_for_the_first() {
    let cloud = Cloud::new("").await;
    let deploy = || {
        let backend = std::sync::Arc::clone(&cloud.backend);
        tokio::spawn(async move { backend.deploy().await })
    };
    let deployed: Vec<_> = (0..10).map(|_| deploy()).collect();
    for deployed in deployed {
        deployed.await.unwrap().unwrap();
    }
    assert_eq!((cloud.count("POST", PROJECTS), cloud.count("POST", JOBS)), (1, 1));
}

#[tokio::test]
async fn a_project_is_waited_for() {
    let project_creation = Duration::from_millis(1500);
    let settings = Settings { project_creation, ..Settings::default() };
    let cloud = Cloud::with("", settings, |_| {}).await;
    // It is not even known at first.
    cloud.fault("POST", "/projects$", 1, Kind::HiddenAfterCreate { milliseconds: 700 });
    cloud.backend.deploy().await.unwrap();
    assert!(cloud.count("GET", PROJECT) >= 2);
    assert_eq!(cloud.names("jobs").len(), 1);
}

#[tokio::test]
async fn a_project_that_is_not_ours_yet_is_waited_for() {
    let project_creation = Duration::from_millis(500);
    let settings = Settings { project_creation, ..Settings::default() };
    let cloud = Cloud::with("", settings, |_| {}).await;
    cloud.fault("GET", "/projects/[^/]*$", 2, Kind::Status { status: 403, retry_after: None });
    cloud.backend.deploy().await.unwrap();
    assert_eq!(cloud.count("POST", PROJECTS), 1);
}

#[tokio::test]
async fn a_project_whose_answer_was_lost_is_not_made_twice() {
    for kind in [Kind::CommitThenDrop, Kind::CommitThenStatus { status: 500, retry_after: None }] {
        let cloud = Cloud::new("").await;
        cloud.fault("POST", "/projects$", 1, kind);
        cloud.backend.deploy().await.unwrap();
        assert_eq!(cloud.count("POST", PROJECTS), 1);
        assert_eq!(cloud.emulator.state()["projects"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_project_that_can_not_be_made_is_told() {
    let cloud = Cloud::new("").await;
    cloud.fault("POST", "/projects$", 1, Kind::ProjectFails);
    let error = cloud.backend.deploy().await.unwrap_err();
    assert_eq!(error.kind, ComputeErrorKind::Unsupported);
    assert!(error.to_string().contains("creation_failed"), "{error}");
}

#[tokio::test]
async fn the_name_of_a_deleted_project_is_explained() {
    let cloud = Cloud::new("").await;
    cloud.backend.deploy().await.unwrap();
    let (project, _) = cloud.project();
    assert_eq!(cloud.by_hand("DELETE", &project, "").await, 202);
    let error = cloud.another(|_| {}).deploy().await.unwrap_err();
    assert_eq!(error.kind, ComputeErrorKind::Unsupported);
    assert!(error.to_string().contains("set another `project_name`"), "{error}");
    let named = cloud.another(|config| config.project_name = Some("mine".to_owned()));
    named.deploy().await.unwrap();
}

#[tokio::test]
async fn a_project_is_taken_by_its_id() {
    let cloud = Cloud::new("").await;
    cloud.backend.deploy().await.unwrap();
    let (_, id) = cloud.project();
    cloud.emulator.requests().clear();
    cloud.another(|config| config.project_id = Some(id)).deploy().await.unwrap();
    assert_eq!((cloud.count("GET", PROJECT), cloud.count("GET", PROJECTS)), (1, 0));
    let unknown = "00000000-0000-0000-0000-000000000000".to_owned();
    let error =
        cloud.another(|config| config.project_id = Some(unknown)).deploy().await.unwrap_err();
    assert_eq!(error.kind, ComputeErrorKind::Unsupported);
    assert!(error.to_string().contains("leave `project_id` out"), "{error}");
}

#[tokio::test]
async fn secrets_are_in_secrets_alone() {
    let settings = "[minio]\nsecret_access_key = \"Q7-for-workers\"";
    let cloud = Cloud::with("sleep 600", Settings::default(), |config| {
        config.worker_settings = Some(Secret::new(settings));
        config.registry = Registry {
            user: Some("me".to_owned()),
            password: Some(Secret::new("Q7-for-images")),
            ..Registry::default()
        };
    })
    .await;
    cloud.start(&job(0), 2).await;
    let mut state = cloud.emulator.state();
    let secrets = state["projects"][0]["resources"]["secrets"].take();
    assert_eq!(secrets.as_array().unwrap().len(), 2);
    let (shown, secrets) = (state.to_string(), secrets.to_string());
    for secret in ["Q7-for-workers", "Q7-for-images"] {
        assert!(!shown.contains(secret), "{shown}");
        assert!(secrets.contains(secret));
    }
    for told in [&shown, &secrets] {
        assert!(!told.contains(API_KEY) && !told.contains(&API_KEY[..4]), "{told}");
    }
    let definition = &state["projects"][0]["resources"]["jobs"][0];
    assert!(definition["image_secret"].as_str().unwrap().starts_with("lithops-registry-"));
    assert_eq!(definition["run_volume_mounts"][0]["mount_path"], "/run/lithops");
}

#[tokio::test]
async fn a_registrys_password_that_has_changed_takes_the_place_of_the_old_one() {
    let registry = |password: &str| Registry {
        user: Some("me".to_owned()),
        password: Some(Secret::new(password)),
        ..Registry::default()
    };
    let cloud =
        Cloud::with("", Settings::default(), |config| config.registry = registry("old")).await;
    cloud.backend.deploy().await.unwrap();
    cloud.another(|config| config.registry = registry("new")).deploy().await.unwrap();
    let state = cloud.emulator.state();
    let secrets = state["projects"][0]["resources"]["secrets"].as_array().unwrap();
    assert_eq!((secrets.len(), &secrets[0]["data"]["password"]), (1, &"new".into()));
}

#[tokio::test]
async fn definitions_that_nobody_uses_make_room_for_new_ones() {
    let limits = Limits { jobs: 2, ..Limits::default() };
    let cloud = Cloud::with("sleep 600", Settings { limits, ..Settings::default() }, |_| {}).await;
    cloud.start(&job(0), 1).await;
    let used = cloud.names("jobs");
    cloud.another(|config| config.slots = 2).deploy().await.unwrap();
    assert_eq!(cloud.names("jobs").len(), 2);
    cloud.another(|config| config.slots = 3).deploy().await.unwrap();
    let left = cloud.names("jobs");
    assert_eq!(left.len(), 2);
    assert!(left.contains(&used[0]), "{left:?} {used:?}");
}

#[tokio::test]
async fn a_project_that_is_full_of_what_is_used_is_told() {
    let limits = Limits { jobs: 1, ..Limits::default() };
    let cloud = Cloud::with("sleep 600", Settings { limits, ..Settings::default() }, |_| {}).await;
    cloud.start(&job(0), 1).await;
    let error = cloud.another(|config| config.slots = 2).deploy().await.unwrap_err();
    assert_eq!(error.kind, ComputeErrorKind::Quota);
    assert!(error.to_string().contains("`ComputeBackend::clean`"), "{error}");
}

#[tokio::test]
async fn room_for_a_definition_is_not_made_of_its_own_secrets() {
    let limits = Limits { jobs: 1, ..Limits::default() };
    let cloud = Cloud::with("", Settings { limits, ..Settings::default() }, |_| {}).await;
    cloud.backend.deploy().await.unwrap();
    let other = cloud.another(|config| {
        config.worker_settings = Some(Secret::new("[minio]"));
        config.registry = Registry {
            user: Some("me".to_owned()),
            password: Some(Secret::new("p")),
            ..Registry::default()
        };
    });
    other.deploy().await.unwrap();
    assert_eq!((cloud.names("jobs").len(), cloud.names("secrets").len()), (1, 2));
}

#[tokio::test]
async fn a_secret_that_is_gone_is_made_again_once_workers_did_not_get_going() {
    let cloud = Cloud::with("sleep 600", Settings::default(), |config| {
        config.start_bound = Duration::from_secs(1);
        config.worker_settings = Some(Secret::new("[minio]"));
    })
    .await;
    cloud.backend.deploy().await.unwrap();
    let (project, _) = cloud.project();
    let secret = cloud.names("secrets").remove(0);
    cloud.by_hand("DELETE", &format!("{project}/secrets/{secret}"), "").await;
    cloud.run_fault(lithops_codeengine_emulator::run::RunFaultKind::StuckPending);
    cloud.start(&job(0), 1).await;
    cloud.ends(&job(0)).await;
    cloud.backend.start(launch(&job(0), 1, 1)).await.unwrap();
    assert_eq!(cloud.names("secrets"), [secret]);
}
