//! Runs from their order to their removal.

use std::io::BufRead as _;
use std::time::Duration;

use lithops_codeengine_emulator::run::{AlreadyThere, IndexStatus, Mode, RunStatus};

use super::stage::{Stage, runs, script, until};

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

#[tokio::test]
async fn each_index_is_run_once_and_says_what_it_prints() {
    let stage = Stage::new();
    let run = stage.create(script("r", [0, 1, 5], "echo I am $JOB_INDEX; echo error >&2"));
    let (status, details) = stage.finished(&run).await;
    assert_eq!(status, RunStatus::Completed);
    assert_eq!((details.succeeded, details.succeeded_indices.as_str()), (3, "0-1,5"));
    assert!(details.start_time.is_some() && details.completion_time.is_some());
    for index in [0, 1, 5] {
        assert_eq!(stage.log(&run, index), format!("I am {index}\nerror\n"));
    }
    assert_eq!(stage.runs.log(&run, 2), None);
    assert_eq!(stage.runs.list("project"), std::slice::from_ref(&run));
    assert_eq!(stage.runs.create(script("r", [0], "")), Err(AlreadyThere(run)));
}

#[tokio::test]
async fn an_index_that_fails_is_tried_again() {
    let stage = Stage::new();
    let mut order =
        script("r", [0, 1], "echo try $JOB_INDEX_RETRY_COUNT; exit $((4 - JOB_INDEX_RETRY_COUNT))");
    order.retry_limit = 3;
    let failing = stage.create(order.clone());
    order.id.name = "mended".to_owned();
    order.retry_limit = 4;
    let mended = stage.create(order);
    let (status, details) = stage.finished(&failing).await;
    assert_eq!((status, details.failed), (RunStatus::Failed, 2));
    let index = &details.indices_details.unwrap()["1"];
    assert_eq!((index.status, index.retries), (IndexStatus::Failed, 3));
    assert_eq!(index.last_failure_reason.as_deref(), Some("ContainerExitedCode1"));
    assert_eq!(stage.log(&failing, 1), "try 0\ntry 1\ntry 2\ntry 3\n");
    let (status, details) = stage.finished(&mended).await;
    assert_eq!((status, details.succeeded), (RunStatus::Completed, 2));
    let index = &details.indices_details.unwrap()["0"];
    assert_eq!((index.status, index.retries), (IndexStatus::Succeeded, 4));
}

#[tokio::test]
async fn a_signal_is_its_number_and_128() {
    let stage = Stage::new();
    let run = stage.create(script("r", [0], "kill -TERM $$"));
    let (_, details) = stage.finished(&run).await;
    let reason = details.indices_details.unwrap()["0"].last_failure_reason.clone();
    assert_eq!(reason.as_deref(), Some("ContainerExitedCode143"));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named_so() {
    let stage = Stage::new();
    let mut order = script("r", [0], "");
    order.commands = vec!["/no/such/program".to_owned()];
    let absent = stage.create(order.clone());
    order.id.name = "none".to_owned();
    order.commands.clear();
    let none = stage.create(order);
    for run in [absent, none] {
        let (status, details) = stage.finished(&run).await;
        assert_eq!(status, RunStatus::Failed);
        let reason = details.indices_details.unwrap()["0"].last_failure_reason.clone();
        assert_eq!(reason.as_deref(), Some("ExecutableNotFound"));
        assert!(stage.log(&run, 0).starts_with("[emulator] "), "{}", stage.log(&run, 0));
    }
}

#[tokio::test]
async fn a_deleted_run_is_gone_at_once_with_all_that_its_instances_have_started() {
    let stage = Stage::new();
    let run = stage.create(script("r", [0], "sleep 600 & echo $$ $!; wait"));
    until("the output", || stage.log(&run, 0).ends_with('\n')).await;
    let pids: Vec<String> = stage.log(&run, 0).split_whitespace().map(str::to_owned).collect();
    assert!(pids.len() == 2 && pids.iter().all(|pid| runs(pid)));
    assert!(stage.runs.delete(&run));
    assert_eq!(stage.runs.view(&run), None);
    assert!(!stage.runs.delete(&run));
    until("the end of the processes", || !pids.iter().any(|pid| runs(pid))).await;
    until("the room", || stage.runs.instances_of("project").active == 0).await;
    assert_eq!(stage.runs.instances_of("project").total, 0);
    // Its name is free.
    stage.create(script("r", [0], ""));
}

#[tokio::test]
async fn a_run_whose_time_is_over_fails_and_its_instances_are_killed() {
    let stage = Stage::new();
    let mut order = script("r", [0, 1], "echo $$; test $JOB_INDEX = 0 || exec sleep 600");
    order.retry_limit = 3;
    let run = stage.create(order);
    until("the first index", || stage.details(&run).succeeded == 1).await;
    until("the second index", || !stage.log(&run, 1).is_empty()).await;
    stage.runs.clock().advance(Duration::from_secs(7100));
    assert_eq!(stage.view(&run).status, RunStatus::Running);
    stage.runs.clock().advance(Duration::from_secs(100));
    let (status, details) = stage.finished(&run).await;
    assert_eq!(status, RunStatus::Failed);
    assert_eq!((details.succeeded_indices.as_str(), details.failed_indices.as_str()), ("0", "1"));
    let index = &details.indices_details.unwrap()["1"];
    assert_eq!(index.last_failure_reason.as_deref(), Some("MaxExecutionTimeExceeded"));
    assert_eq!(index.retries, 0);
    until("the end of the process", || !runs(&stage.log(&run, 1))).await;
}

#[tokio::test]
async fn a_daemon_is_started_again_after_a_pause_until_it_ends_well() {
    let stage = Stage::new();
    let mut order = script("r", [0], "exit $((JOB_INDEX_RETRY_COUNT < 2))");
    order.mode = Mode::Daemon;
    let run = stage.create(order);
    until("the first end", || {
        stage.runs.clock().advance(Duration::from_secs(1));
        stage.view(&run).status.is_final()
    })
    .await;
    let index = stage.details(&run).indices_details.unwrap()["0"].clone();
    assert_eq!((index.status, index.retries), (IndexStatus::Succeeded, 2));
}

#[tokio::test]
async fn a_run_is_removed_a_week_after_its_end() {
    let stage = Stage::new();
    let run = stage.create(script("r", [0], ""));
    let open = stage.create(script("open", [0], "exec sleep 600"));
    stage.finished(&run).await;
    stage.runs.clock().advance(WEEK - Duration::from_secs(60));
    assert_eq!(stage.view(&run).status, RunStatus::Completed);
    stage.runs.clock().advance(Duration::from_secs(60));
    until("the removal", || stage.runs.view(&run).is_none()).await;
    // Which has failed by then.
    assert_eq!(stage.view(&open).status, RunStatus::Failed);
}

#[tokio::test]
async fn at_shutdown_nothing_is_left_and_nothing_is_started() {
    let stage = Stage::new();
    let run = stage.create(script("r", [0], "echo $$; exec sleep 600"));
    until("the output", || stage.log(&run, 0).ends_with('\n')).await;
    stage.runs.shutdown().await;
    assert!(!runs(&stage.log(&run, 0)));
    let late = stage.create(script("late", [0], ""));
    assert_eq!(stage.view(&late).status, RunStatus::Pending);
}

#[tokio::test]
async fn without_a_handle_instances_are_killed() {
    let stage = Stage::new();
    let run = stage.create(script("r", [0], "echo $$; exec sleep 600"));
    until("the output", || stage.log(&run, 0).ends_with('\n')).await;
    let pid = stage.log(&run, 0);
    drop(stage);
    until("the end of the process", || !runs(&pid)).await;
}

/// Says of this program that it is to be killed by another test.
const PARENT: &str = "EMULATOR_TO_BE_KILLED";

#[tokio::test]
async fn processes_die_with_their_emulator() {
    let mut emulator = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "life::an_emulator_to_be_killed", "--nocapture"])
        .env(PARENT, "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(emulator.stdout.take().unwrap()).lines();
    let pid = said.find_map(|line| line.unwrap().strip_prefix("instance ").map(str::to_owned));
    let pid = pid.unwrap();
    assert!(runs(&pid));
    emulator.kill().unwrap();
    emulator.wait().unwrap();
    until("the end of the process", || !runs(&pid)).await;
}

#[tokio::test]
#[ignore = "is started and killed by processes_die_with_their_emulator"]
#[expect(clippy::print_stdout, reason = "it tells its parent")]
async fn an_emulator_to_be_killed() {
    assert!(std::env::var_os(PARENT).is_some(), "it would wait to be killed");
    let stage = Stage::new();
    let run = stage.create(script("r", [0], "echo $$; exec sleep 600"));
    until("the output", || stage.log(&run, 0).ends_with('\n')).await;
    // Below the name of the test, which stands there without an end of line.
    println!("\ninstance {}", stage.log(&run, 0).trim());
    std::future::pending::<()>().await;
}
