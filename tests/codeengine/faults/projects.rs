//! Projects that don't come to be.

use std::time::{Duration, Instant};

use lithops::prelude::*;
use lithops_codeengine_emulator::HttpFaultKind as Kind;
use lithops_codeengine_emulator::{HttpFault, Settings};

use super::failure;
use crate::Case;
use crate::cloud::Cloud;
use crate::stage::{Stage, end, play};

pub(super) const CASES: &[Case] = &[
    ("faults::a_project_that_fails_is_told", a_project_that_fails_is_told),
    ("faults::a_project_that_is_never_ready_is_told", a_project_that_is_never_ready_is_told),
    ("faults::a_project_that_is_late_is_waited_for", a_project_that_is_late_is_waited_for),
    ("faults::the_name_of_a_deleted_project_is_explained", the_name_of_a_deleted_project),
];

/// Why a job can't run in a project that suffers a fault; and how long it took to be told.
async fn refusal(cloud: &Cloud, section: &str) -> (String, Duration) {
    let exec = cloud.builder(section).workers(2).build().await.unwrap();
    let (stage, begun) = (Stage::new(), Instant::now());
    let error = exec.map(play, stage.inputs(2)).await.unwrap_err();
    let took = begun.elapsed();
    assert_eq!(stage.begun(2), [0, 0]);
    end(exec, cloud).await;
    (failure(error), took)
}

fn a_project_that_fails_is_told() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        cloud.suffer(HttpFault::once("POST", "/projects$", Kind::ProjectFails));
        let (reason, took) = refusal(&cloud, "").await;
        assert!(took < Duration::from_secs(30), "{took:?}");
        assert!(reason.contains("(creation_failed): delete it"), "{reason}");
    });
}

fn a_project_that_is_never_ready_is_told() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        cloud.suffer(HttpFault::once("POST", "/projects$", Kind::ProjectStuck));
        let (reason, took) = refusal(&cloud, "project_bound = 2").await;
        assert!(took < Duration::from_secs(30), "{took:?}");
        assert!(reason.contains("was not active within 2s"), "{reason}");
    });
}

fn a_project_that_is_late_is_waited_for() {
    lithops::block_on(async {
        let project_creation = Duration::from_millis(1500);
        let cloud = Cloud::new(Settings { project_creation, ..Settings::default() }).await;
        for status in [403, 404] {
            let kind = Kind::Status { status, retry_after: None };
            cloud.suffer(HttpFault::once("GET", "/projects/[^/]*$", kind));
        }
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        let stage = Stage::new();
        assert_eq!(exec.map(play, stage.inputs(4)).await.unwrap(), [0, 10, 20, 30]);
        assert_eq!(cloud.answers("POST", "/v2/projects")[&202], 1);
        end(exec, &cloud).await;
    });
}

fn the_name_of_a_deleted_project() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        let stage = Stage::new();
        assert_eq!(exec.map(play, stage.inputs(2)).await.unwrap(), [0, 10]);
        end(exec, &cloud).await;
        cloud.delete_project();
        let (reason, took) = refusal(&cloud, "").await;
        assert!(took < Duration::from_secs(30), "{took:?}");
        assert!(reason.contains("keeps the name for 7 days"), "{reason}");
        assert!(reason.contains("set another `project_name`"), "{reason}");
        let exec = cloud.builder("project_name = \"another\"").workers(2).build().await.unwrap();
        assert_eq!(exec.map(play, stage.inputs(2)).await.unwrap(), [0, 10]);
        end(exec, &cloud).await;
    });
}
