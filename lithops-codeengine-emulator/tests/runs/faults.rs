//! What runs can be made to suffer.

use std::time::Duration;

use lithops_codeengine_emulator::run::{IndexStatus, RunId, RunStatus};

use super::stage::{Stage, runs, script, until};

fn reason(stage: &Stage, run: &RunId, index: u64) -> Option<String> {
    let details = stage.details(run).indices_details.unwrap();
    details[&index.to_string()].last_failure_reason.clone()
}

#[tokio::test]
async fn an_instance_is_killed_once_and_its_index_is_tried_again() {
    let stage = Stage::new();
    stage.fault(r#"{"run": "^r$", "indices": [1], "times": 1, "kind": "kill"}"#);
    let script_ = "test $JOB_INDEX_RETRY_COUNT$JOB_INDEX != 01 || exec sleep 600";
    let mut order = script("r", 0..3, script_);
    order.retry_limit = 1;
    let run = stage.create(order);
    let (status, details) = stage.finished(&run).await;
    assert_eq!((status, details.succeeded), (RunStatus::Completed, 3));
    let retries: Vec<u32> =
        details.indices_details.unwrap().values().map(|index| index.retries).collect();
    assert_eq!(retries, [0, 1, 0]);
    assert_eq!(reason(&stage, &run, 1).as_deref(), Some("ContainerExitedCode137"));
}

#[tokio::test]
async fn a_fault_without_a_count_strikes_always_and_each_kind_has_its_reason() {
    let stage = Stage::new();
    stage.fault(r#"{"indices": [0], "kind": "kill", "after_ms": 20}"#);
    stage.fault(r#"{"indices": [1], "kind": "out_of_memory", "after_ms": 20}"#);
    stage.fault(r#"{"indices": [2], "kind": "exit", "code": 42}"#);
    let mut order = script("r", 0..3, "exec sleep 600");
    order.retry_limit = 1;
    let run = stage.create(order);
    let (status, details) = stage.finished(&run).await;
    assert_eq!((status, details.failed), (RunStatus::Failed, 3));
    let reasons: Vec<_> = (0..3).map(|index| reason(&stage, &run, index).unwrap()).collect();
    assert_eq!(reasons, ["ContainerExitedCode137", "OOMKilled", "ContainerExitedCode42"]);
}

#[tokio::test]
async fn an_index_is_stuck_until_its_run_is_over() {
    let stage = Stage::new();
    stage.fault(r#"{"indices": [0], "kind": "stuck_pending"}"#);
    let run = stage.create(script("r", 0..2, ""));
    until("the other index", || stage.details(&run).succeeded == 1).await;
    assert_eq!((stage.view(&run).status, stage.details(&run).pending), (RunStatus::Running, 1));
    stage.runs.clock().advance(Duration::from_secs(7200));
    assert_eq!(stage.finished(&run).await.0, RunStatus::Failed);
}

#[tokio::test]
async fn an_image_that_can_not_be_pulled_is_asked_for_again_later() {
    let stage = Stage::new();
    stage.fault(r#"{"times": 2, "kind": "image_pull"}"#);
    let run = stage.create(script("r", [0], ""));
    until("the reason", || reason(&stage, &run, 0).is_some()).await;
    assert_eq!(reason(&stage, &run, 0).as_deref(), Some("ImagePullBackOff"));
    assert_eq!(stage.view(&run).status, RunStatus::Pending);
    let tries = || stage.log(&run, 0).lines().count();
    stage.runs.clock().advance(Duration::from_secs(10));
    until("the second try", || tries() == 2).await;
    stage.runs.clock().advance(Duration::from_secs(20));
    assert_eq!(stage.finished(&run).await.0, RunStatus::Completed);
}

#[tokio::test]
async fn an_index_is_reported_unknown_while_it_runs() {
    let stage = Stage::new();
    stage.fault(r#"{"indices": [0], "kind": "unknown"}"#);
    stage.fault(r#"{"indices": [1], "kind": "unknown", "lasting": true}"#);
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("go");
    let wait = format!("while ! test -e {}; do sleep 0.01; done", go.display());
    let run = stage.create(script("r", 0..2, &wait));
    until("no knowledge", || stage.details(&run).unknown == 2).await;
    std::fs::write(go, "").unwrap();
    until("the known end", || stage.details(&run).succeeded == 1).await;
    until("the other end", || stage.runs.instances_of("project").active == 0).await;
    let details = stage.details(&run);
    assert_eq!((details.unknown, details.succeeded_indices.as_str()), (1, "0"));
    assert_eq!(details.indices_details.unwrap()["1"].status, IndexStatus::Unknown);
    assert_eq!(stage.view(&run).status, RunStatus::Running);
}

#[tokio::test]
async fn an_index_is_run_twice_at_once_and_the_second_one_counts_for_nothing() {
    let stage = Stage::new();
    stage.fault(r#"{"times": 1, "kind": "duplicate"}"#);
    let folder = tempfile::tempdir().unwrap();
    // Each waits for the other, and then one of them for ever.
    let both = format!(
        "cd {}; echo $$ > pid.$$; while test $(ls pid.* | wc -l) -lt 2; do sleep 0.01; done; \
         mkdir first && sleep 0.1 && exit; exec sleep 600",
        folder.path().display()
    );
    let run = stage.create(script("r", [0], &both));
    let pids = || {
        let files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
        let names: Vec<_> = files.filter_map(|name| name.into_string().ok()).collect();
        names.iter().filter_map(|name| name.strip_prefix("pid.").map(str::to_owned)).collect()
    };
    until("two instances", || folder.path().join("first").exists()).await;
    let pids: Vec<String> = pids();
    assert_eq!(pids.len(), 2);
    assert_eq!(stage.runs.instances_of("project").active, 1);
    stage.runs.delete(&run);
    until("the end of both", || !pids.iter().any(|pid| runs(pid))).await;
}

#[tokio::test]
async fn a_run_vanishes() {
    let stage = Stage::new();
    stage.fault(r#"{"run": "gone", "kind": "vanish"}"#);
    let gone = stage.create(script("gone", [0], "exec sleep 600"));
    let other = stage.create(script("other", [0], ""));
    until("the end", || stage.runs.view(&gone).is_none()).await;
    assert_eq!(stage.finished(&other).await.0, RunStatus::Completed);
}

#[tokio::test]
async fn details_are_missing_as_often_as_was_asked_for() {
    let stage = Stage::new();
    stage.fault(r#"{"times": 1, "kind": "no_status_details"}"#);
    stage.fault(r#"{"times": 1, "kind": "no_indices_details"}"#);
    let run = stage.create(script("r", [0], ""));
    assert_eq!(stage.view(&run).status_details, None);
    assert_eq!(stage.details(&run).indices_details, None);
    assert_eq!(stage.details(&run).indices_details.unwrap().len(), 1);
}

#[tokio::test]
async fn faults_are_listed_and_removed() {
    let stage = Stage::new();
    stage.fault(r#"{"kind": "kill"}"#);
    stage.fault(r#"{"run": "x", "kind": "vanish", "after_ms": 5}"#);
    let numbers: Vec<u64> = stage.runs.faults().list().iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [1, 2]);
    assert!(stage.runs.faults().remove(1) && !stage.runs.faults().remove(1));
    let left = serde_json::to_string(&stage.runs.faults().list()[0].1).unwrap();
    assert_eq!(left, r#"{"run":"x","kind":"vanish","after_ms":5}"#);
    let wrong = serde_json::from_str(r#"{"run": "(", "kind": "kill"}"#).unwrap();
    let error = stage.runs.faults().add(wrong).unwrap_err().to_string();
    assert!(error.starts_with("`(` is no regular expression for names of runs: "), "{error}");
}
