//! Runs, and what becomes of their workers.

use std::time::Duration;

use lithops_codeengine_emulator::Settings;
use lithops_codeengine_emulator::run::RunFaultKind as Kind;
use lithops_core::ports::{ComputeBackend, WorkerState};
use lithops_core::wire::{CallError, ExitReport};

use crate::cloud::{Cloud, RUN, RUNS, job, launch};

fn lost(state: &WorkerState) -> String {
    match state {
        WorkerState::Failed { cause: CallError::WorkerLost { reason }, .. } => reason.clone(),
        state => panic!("{state:?}"),
    }
}

#[tokio::test]
async fn a_job_of_1500_instances_takes_two_runs_and_a_handful_of_requests() {
    let cloud = Cloud::new("sleep 600").await;
    cloud.backend.deploy().await.unwrap();
    cloud.emulator.requests().clear();
    let before = cloud.backend.requests();
    cloud.start(&job(0), 1500).await;
    assert_eq!(cloud.backend.status(&job(0)).await.unwrap().len(), 1500);
    cloud.backend.cancel(&job(0)).await.unwrap();
    assert_eq!((cloud.count("POST", RUNS), cloud.count("GET", RUN)), (2, 2));
    assert_eq!(cloud.count("DELETE", RUN), 2);
    assert_eq!((cloud.emulator.requests().total(), cloud.backend.requests() - before), (6, 6));
    assert_eq!(cloud.names("job_runs"), Vec::<String>::new());
}

#[tokio::test]
async fn workers_end_one_by_one_and_what_they_cost_is_known() {
    let cloud = Cloud::new("[ $JOB_INDEX != 1 ] || exit 3").await;
    cloud.start(&job(0), 3).await;
    let ends = cloud.ends(&job(0)).await;
    assert_eq!((&ends[0], &ends[2]), (&WorkerState::Succeeded, &WorkerState::Succeeded));
    let cause = CallError::Exited { code: 3, report: ExitReport::default() };
    assert_eq!(ends[1], WorkerState::Failed { running: None, unseen: true, cause });
    let seconds = cloud.backend.instance_seconds(&job(0)).await.unwrap().unwrap();
    assert!((0.0..60.0).contains(&seconds), "{seconds}");
    cloud.emulator.requests().clear();
    // Of a run that has ended nothing new is to be learned.
    cloud.backend.status(&job(0)).await.unwrap();
    assert_eq!(cloud.emulator.requests().total(), 0);
}

#[tokio::test]
async fn workers_share_an_instance_and_its_end() {
    let cloud = Cloud::with("[ $JOB_INDEX != 1 ]", Settings::default(), |config| config.slots = 2);
    let cloud = cloud.await;
    cloud.start(&job(0), 5).await;
    let ends = cloud.ends(&job(0)).await;
    assert_eq!(ends.len(), 5);
    for (worker, end) in ends.iter().enumerate() {
        match worker {
            2 | 3 => assert!(lost(end).contains("which 2 workers shared, ended with code 1")),
            _ => assert_eq!(*end, WorkerState::Succeeded),
        }
    }
}

#[tokio::test]
async fn an_instance_is_told_its_order() {
    let check = r#"[ "$LITHOPS_WORKER" = array ] && [ "$LITHOPS_WORKER_SLOTS" = 1 ] \
        && [ -n "$LITHOPS_WORKER_ORDER" ] && [ "$MINE" = "a b" ] && [ "$LITHOPS_WORKER_MEMORY" = 9 ]"#;
    let cloud = Cloud::new(check).await;
    let mut launch = launch(&job(0), 0, 1);
    launch.profile.environment.insert("MINE".to_owned(), "a b".to_owned());
    launch.profile.memory = Some(9);
    cloud.backend.start(launch).await.unwrap();
    assert_eq!(cloud.ends(&job(0)).await, [WorkerState::Succeeded]);
}

#[tokio::test]
async fn each_end_of_an_instance_has_its_cause() {
    let limit = 250_000_000;
    for (kind, expected) in [
        (Kind::OutOfMemory { after_ms: 0 }, Ok(CallError::OutOfMemory { limit, peak: limit })),
        (Kind::Kill { after_ms: 0 }, Err("its instance was killed (code 137)")),
        (Kind::Exit { after_ms: 0, code: 111 }, Err("the program is not in storage")),
        (Kind::Exit { after_ms: 0, code: 125 }, Err("could not do its work (code 125)")),
        (Kind::Vanish { after_ms: 0 }, Err("is not there any more")),
    ] {
        let cloud = Cloud::new("sleep 600").await;
        cloud.run_fault(kind);
        cloud.start(&job(0), 2).await;
        for end in cloud.ends(&job(0)).await {
            match (&expected, &end) {
                (Ok(cause), WorkerState::Failed { cause: found, .. }) => assert_eq!(found, cause),
                (Err(words), end) => assert!(lost(end).contains(words), "{end:?}"),
                (_, end) => panic!("{end:?}"),
            }
        }
    }
}

#[tokio::test]
async fn the_limit_of_a_run_ends_its_workers() {
    let cloud = Cloud::with("sleep 600", Settings::default(), |config| {
        config.timeout = Duration::from_secs(100);
    })
    .await;
    cloud.start(&job(0), 1).await;
    cloud.until(&job(0), |found| found[0].state == WorkerState::Running).await;
    cloud.emulator.clock().advance(Duration::from_secs(101));
    let ends = cloud.ends(&job(0)).await;
    assert!(lost(&ends[0]).starts_with("its run has taken longer than 100s; raise"), "{ends:?}");
    assert!(matches!(ends[0], WorkerState::Failed { unseen: true, .. }), "{ends:?}");
}

#[tokio::test]
async fn an_instance_that_never_starts_is_given_up() {
    for kind in [Kind::StuckPending, Kind::ImagePull] {
        let cloud = Cloud::with("sleep 600", Settings::default(), |config| {
            config.start_bound = Duration::from_secs(2);
        })
        .await;
        cloud.run_fault(kind);
        cloud.start(&job(0), 1).await;
        assert_eq!(cloud.backend.status(&job(0)).await.unwrap()[0].state, WorkerState::Pending);
        let ends = cloud.ends(&job(0)).await;
        assert!(lost(&ends[0]).contains("the image can't be pulled, or others use up"), "{ends:?}");
    }
}

#[tokio::test]
async fn a_run_that_tells_nothing_of_its_indices_is_understood_at_its_end() {
    for kind in [Kind::NoStatusDetails, Kind::NoIndicesDetails] {
        let cloud = Cloud::new("").await;
        cloud.run_fault(kind);
        cloud.start(&job(0), 2).await;
        assert_eq!(cloud.ends(&job(0)).await, [WorkerState::Succeeded, WorkerState::Succeeded]);
        assert_eq!(cloud.backend.instance_seconds(&job(0)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_definition_that_somebody_removed_is_made_again() {
    let cloud = Cloud::new("").await;
    cloud.start(&job(0), 1).await;
    cloud.ends(&job(0)).await;
    let other = cloud.another(|_| {});
    other.clean(lithops_core::ports::CleanScope::All).await.unwrap();
    assert_eq!(cloud.names("jobs"), Vec::<String>::new());
    cloud.start(&job(1), 1).await;
    assert_eq!(cloud.ends(&job(1)).await, [WorkerState::Succeeded]);
}

#[tokio::test]
async fn waves_of_a_job_are_told_apart_and_go_together() {
    let cloud = Cloud::new("sleep 600").await;
    cloud.start(&job(0), 2).await;
    cloud.backend.start(launch(&job(0), 1, 1)).await.unwrap();
    let found = cloud.backend.status(&job(0)).await.unwrap();
    let places: Vec<_> = found.iter().map(|status| (status.wave, status.worker)).collect();
    assert_eq!(places, [(0, 0), (0, 1), (1, 0)]);
    cloud.backend.cancel(&job(0)).await.unwrap();
    assert_eq!(cloud.names("job_runs"), Vec::<String>::new());
    assert_eq!(cloud.backend.status(&job(0)).await.unwrap(), []);
}

#[tokio::test]
async fn who_stops_waiting_for_a_start_leaves_no_run() {
    use lithops_codeengine_emulator::HttpFaultKind::DelayHeaders;
    let cloud = Cloud::new("sleep 600").await;
    cloud.backend.deploy().await.unwrap();
    cloud.fault("POST", "/job_runs$", 1, DelayHeaders { milliseconds: 1000 });
    let start = cloud.backend.start(launch(&job(0), 0, 1));
    assert!(tokio::time::timeout(Duration::from_millis(200), start).await.is_err());
    cloud.backend.cancel(&job(0)).await.unwrap();
    let begun = std::time::Instant::now();
    while !cloud.names("job_runs").is_empty() || cloud.count("DELETE", RUN) < 2 {
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_end_of_an_executor_is_the_end_of_its_runs() {
    let cloud = Cloud::new("sleep 600").await;
    cloud.start(&job(0), 1).await;
    cloud.start(&job(1), 1).await;
    cloud.backend.shutdown().await;
    assert_eq!(cloud.names("job_runs"), Vec::<String>::new());
    let refused = cloud.backend.start(launch(&job(2), 0, 1)).await.unwrap_err();
    assert!(refused.to_string().contains("the executor was shut down"), "{refused}");
    cloud.backend.shutdown().await;
}

#[tokio::test]
async fn a_name_that_is_taken_by_somebody_elses_run_is_no_start() {
    let cloud = Cloud::new("sleep 600").await;
    cloud.start(&job(0), 1).await;
    let other = cloud.another(|_| {});
    let refused = other.start(launch(&job(0), 0, 1)).await.unwrap_err();
    assert!(refused.to_string().contains("is there already"), "{refused}");
    assert_eq!(cloud.names("job_runs").len(), 1);
}

#[tokio::test]
async fn workers_that_wait_are_given_up_where_nobody_may_ask_for_them() {
    let cloud = Cloud::with("sleep 600", Settings::default(), |config| {
        config.start_bound = Duration::from_secs(1);
    })
    .await;
    cloud.start(&job(0), 1).await;
    let refused =
        lithops_codeengine_emulator::HttpFaultKind::Status { status: 403, retry_after: None };
    cloud.fault("GET", "/job_runs/", u64::MAX, refused);
    let begun = std::time::Instant::now();
    let told = loop {
        match cloud.backend.status(&job(0)).await {
            Ok(told) => break told,
            Err(error) => assert_eq!(error.kind, lithops_core::ports::ComputeErrorKind::Denied),
        }
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(lost(&told[0].state).contains("could not be asked"), "{told:?}");
}

#[tokio::test]
async fn suspects_share_no_instance() {
    let check = r#"[ "$LITHOPS_WORKER_SLOTS" = 1 ] && [ $JOB_INDEX != 1 ]"#;
    let cloud = Cloud::with(check, Settings::default(), |config| config.slots = 4).await;
    let launch = lithops_core::ports::Launch { alone: true, ..launch(&job(0), 0, 3) };
    cloud.backend.start(launch).await.unwrap();
    let ends = cloud.ends(&job(0)).await;
    let cause = CallError::Exited { code: 1, report: ExitReport::default() };
    let failed = WorkerState::Failed { running: None, unseen: true, cause };
    assert_eq!(ends, [WorkerState::Succeeded, failed, WorkerState::Succeeded]);
}
