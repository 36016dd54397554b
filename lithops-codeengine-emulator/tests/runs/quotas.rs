//! Who gets room, and when.

use std::path::Path;
use std::process::Command;

use lithops_codeengine_emulator::InstanceQuota;
use lithops_codeengine_emulator::run::{Rules, RunStatus};

use super::stage::{Stage, script, until};

/// A script that waits until a file is there.
fn wait_for(path: &Path) -> String {
    format!("while ! test -e {}; do sleep 0.01; done", path.display())
}

fn stage(quota: InstanceQuota) -> Stage {
    Stage::with(quota, Rules::default())
}

#[tokio::test]
async fn what_has_no_room_waits_and_starts_when_there_is_some() {
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("go");
    let stage = stage(InstanceQuota { active: 3, ..InstanceQuota::default() });
    let first = stage.create(script("first", 0..5, &wait_for(&go)));
    let second = stage.create(script("second", 0..2, ""));
    until("three instances", || stage.details(&first).running == 3).await;
    let counts = stage.runs.instances_of("project");
    assert_eq!((counts.active, counts.total, counts.waiting), (3, 3, 4));
    assert_eq!(counts.cpu_milli, 375);
    assert_eq!(stage.details(&first).pending, 2);
    assert_eq!(stage.view(&second).status, RunStatus::Pending);
    std::fs::write(&go, "").unwrap();
    for run in [&first, &second] {
        assert_eq!(stage.finished(run).await.0, RunStatus::Completed);
    }
    until("the last room", || stage.runs.instances_of("project").active == 0).await;
    assert_eq!(stage.runs.instances_of("project").total, 7);
}

#[tokio::test]
async fn finished_runs_that_nobody_deletes_keep_others_from_starting() {
    let stage = stage(InstanceQuota { total: 4, ..InstanceQuota::default() });
    let first = stage.create(script("first", 0..3, ""));
    stage.finished(&first).await;
    let second = stage.create(script("second", 0..2, ""));
    until("the one that has room", || stage.details(&second).succeeded == 1).await;
    assert_eq!(stage.view(&second).status, RunStatus::Running);
    assert_eq!(stage.runs.instances_of("project").waiting, 1);
    assert!(stage.runs.delete(&first));
    assert_eq!(stage.finished(&second).await.0, RunStatus::Completed);
}

#[tokio::test]
async fn another_project_has_room_of_its_own() {
    let stage = stage(InstanceQuota { active: 1, ..InstanceQuota::default() });
    let one = stage.create(script("r", [0], "exec sleep 600"));
    let mut order = script("r", [0], "");
    order.id.project = "other".to_owned();
    let other = stage.create(order);
    assert_eq!(stage.finished(&other).await.0, RunStatus::Completed);
    assert_eq!(stage.runs.list("project"), [one]);
    assert_eq!(stage.runs.list("other"), [other]);
}

#[tokio::test]
async fn indices_start_in_no_promised_order() {
    let folder = tempfile::tempdir().unwrap();
    let order = folder.path().join("order");
    let stage = stage(InstanceQuota { active: 1, ..InstanceQuota::default() });
    let append = format!("echo $JOB_INDEX >> {}", order.display());
    let run = stage.create(script("r", 0..20, &append));
    stage.finished(&run).await;
    let text = std::fs::read_to_string(order).unwrap();
    let started: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    let mut sorted = started.clone();
    sorted.sort_unstable();
    assert!(sorted.iter().copied().eq(0..20));
    assert_ne!(started, sorted);
}

#[test]
fn more_instances_than_open_files_run_at_once_and_have_the_usual_number_of_those() {
    let case = "quotas::instances_with_few_open_files";
    let limited = format!("ulimit -S -n 200 && exec \"$0\" --ignored --exact {case}");
    let this = std::env::current_exe().unwrap();
    let end = Command::new("/bin/sh").arg("-c").arg(limited).arg(this).output().unwrap();
    let said = String::from_utf8_lossy(&end.stdout);
    assert!(end.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
#[ignore = "is started by the test above, with fewer open files"]
async fn instances_with_few_open_files() {
    let stage = stage(InstanceQuota { active: 300, ..InstanceQuota::default() });
    let mut order = script("r", 0..300, "ulimit -S -n; exec sleep 600");
    order.ephemeral = 0;
    let run = stage.create(order);
    until("all of them", || stage.details(&run).running == 300).await;
    until("the last output", || (0..300).all(|index| stage.log(&run, index) == "200\n")).await;
    stage.runs.shutdown().await;
    assert_eq!(stage.runs.instances_of("project").active, 0);
}
