//! Instances that start late.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lithops_codeengine_emulator::instance::{Processes, Replay, StartDelays};
use lithops_codeengine_emulator::run::{Rules, RunId, RunStatus};
use lithops_codeengine_emulator::{Clock, InstanceQuota};

use super::stage::{Stage, script, until};

/// Far more than a test takes.
const HOUR: Duration = Duration::from_secs(3600);

fn stage(delays: &str, pull: Duration) -> Stage {
    let clock = Clock::default();
    let processes = Arc::new(Processes::new(None).unwrap());
    let replay = Replay::new(processes, delays.parse().unwrap(), pull, clock.clone(), 7);
    Stage::on(Arc::new(replay), clock, InstanceQuota::default(), Rules::default())
}

/// Puts the clock forward until a run has come to its end, and gives by how many minutes.
async fn minutes_until_end(stage: &Stage, run: &RunId) -> u64 {
    let minutes = Cell::new(0);
    let pass = || {
        stage.runs.clock().advance(Duration::from_secs(60));
        minutes.set(minutes.get() + 1);
    };
    until("the run's end", || {
        let over = stage.view(run).status.is_final();
        if !over {
            pass();
        }
        over
    })
    .await;
    minutes.get()
}

#[tokio::test]
async fn an_instance_starts_after_its_delay_and_its_run_waits() {
    let stage = stage("3600\n", Duration::ZERO);
    let run = stage.create(script("r", 0..5, ""));
    assert_eq!(stage.runs.instances_of("project").active, 5);
    assert_eq!((stage.view(&run).status, stage.details(&run).pending), (RunStatus::Pending, 5));
    let minutes = minutes_until_end(&stage, &run).await;
    assert_eq!(stage.view(&run).status, RunStatus::Completed);
    assert!(minutes >= 60, "{minutes}");
}

#[tokio::test]
async fn an_image_is_pulled_once() {
    let stage = stage("0\n", HOUR);
    let first = stage.create(script("first", 0..2, ""));
    let minutes = minutes_until_end(&stage, &first).await;
    assert_eq!(stage.view(&first).status, RunStatus::Completed);
    assert!(minutes >= 60, "{minutes}");
    let second = stage.create(script("second", 0..2, ""));
    assert_eq!(stage.finished(&second).await.0, RunStatus::Completed);
}

#[tokio::test]
async fn a_delayed_instance_of_a_deleted_run_is_never_started() {
    let stage = stage("3600\n", Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    let run = stage.create(script("r", [0], &format!("touch {}", mark.display())));
    assert!(stage.runs.delete(&run));
    until("the room", || stage.runs.instances_of("project").active == 0).await;
    let next = stage.create(script("next", [0], ""));
    minutes_until_end(&stage, &next).await;
    assert_eq!(stage.view(&next).status, RunStatus::Completed);
    assert!(!mark.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_instances_start_and_are_shown_cheaply() {
    let clock = Clock::default();
    let processes = Arc::new(Processes::new(Some("/bin/true".into())).unwrap());
    let delays = StartDelays::elastic();
    let longest = delays.longest();
    let replay = Replay::new(processes, delays, Duration::ZERO, clock.clone(), 7);
    let quota = InstanceQuota {
        active: 1000,
        cpu_milli: u64::MAX,
        memory: u64::MAX,
        ..InstanceQuota::default()
    };
    let stage = Stage::on(Arc::new(replay), clock, quota, Rules::default());
    let mut order = script("r", 0..1000, "");
    order.commands.clear();
    order.ephemeral = 0;
    // The clock is put forward far below.
    order.max_execution = 10_000 * HOUR;
    let run = stage.create(order);
    until("their room", || stage.runs.instances_of("project").active == 1000).await;
    let since = Instant::now();
    let view = serde_json::to_vec(&stage.view(&run)).unwrap();
    assert!(
        since.elapsed() < Duration::from_secs(1) && view.len() > 20_000,
        "{:?}",
        since.elapsed()
    );
    until("the run's end", || {
        // Again and again: an instance draws its delay when it is its turn.
        stage.runs.clock().advance(longest);
        stage.view(&run).status.is_final()
    })
    .await;
    let (status, details) = stage.finished(&run).await;
    assert_eq!((status, details.succeeded), (RunStatus::Completed, 1000));
    assert_eq!(details.succeeded_indices, "0-999");
}
