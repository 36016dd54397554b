//! Instances that die, don't start, or start twice.

use std::time::{Duration, Instant};

use lithops::CallError;
use lithops::prelude::*;
use lithops_codeengine_emulator::Settings;
use lithops_codeengine_emulator::run::{Rules, RunFaultKind as Kind};

use super::{RUNS, lost};
use crate::Case;
use crate::cloud::Cloud;
use crate::stage::{Stage, end, hang_always, hang_at_first, play};

pub(super) const CASES: &[Case] = &[
    ("faults::memory_that_ran_out_is_told_with_its_limit", memory_that_ran_out_is_told),
    ("faults::an_instance_that_is_killed_costs_no_result", an_instance_that_is_killed),
    (
        "faults::a_call_whose_instances_are_killed_is_named_after_three_attempts",
        a_call_whose_instances_are_killed_is_named,
    ),
    ("faults::instances_that_never_start_are_given_up", instances_that_never_start_are_given_up),
    ("faults::an_image_that_can_not_be_pulled_is_named", an_image_that_can_not_be_pulled_is_named),
    ("faults::an_image_that_is_given_up_is_named", an_image_that_is_given_up_is_named),
    ("faults::an_instance_that_starts_twice_counts_once", an_instance_that_starts_twice),
];

fn memory_that_ran_out_is_told() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(3).build().await.unwrap();
        cloud.runs_suffer("-w0$", Some(vec![1]), Kind::OutOfMemory { after_ms: 1000 });
        let stage = Stage::new();
        let outcomes = exec.map(hang_always, stage.inputs(3)).settled().await.unwrap();
        assert_eq!((&outcomes[0], &outcomes[2]), (&Ok(0), &Ok(20)));
        let limit = 250_000_000;
        assert_eq!(outcomes[1], Err(CallError::OutOfMemory { limit, peak: limit }));
        assert_eq!(stage.begun(3), [1; 3]);
        end(exec, &cloud).await;
    });
}

fn an_instance_that_is_killed() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(3).build().await.unwrap();
        cloud.runs_suffer("-w0$", Some(vec![1]), Kind::Kill { after_ms: 1000 });
        let stage = Stage::new();
        let job = exec.map(hang_at_first, stage.inputs(3)).submit().unwrap();
        assert_eq!(job.results().await.unwrap(), [0, 10, 20]);
        assert_eq!(stage.begun(3), [1, 2, 1]);
        assert_eq!((job.summary().repeated, cloud.answers("POST", RUNS)[&202]), (1, 2));
        let failed = job.future(1).failed_attempts();
        assert_eq!((failed.len(), failed[0].attempt), (1, 1));
        assert_eq!(
            lost(&Err::<(), _>(failed[0].cause.clone())),
            "its instance was killed (code 137)"
        );
        drop(job);
        end(exec, &cloud).await;
    });
}

fn a_call_whose_instances_are_killed_is_named() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(3).build().await.unwrap();
        cloud.runs_suffer("-w0$", Some(vec![1]), Kind::Kill { after_ms: 1000 });
        cloud.runs_suffer("-w[12]$", None, Kind::Kill { after_ms: 1000 });
        let stage = Stage::new();
        let job = exec.map(hang_always, stage.inputs(3)).submit().unwrap();
        let outcomes = job.settled().await.unwrap();
        assert_eq!((&outcomes[0], &outcomes[2]), (&Ok(0), &Ok(20)));
        assert_eq!(lost(&outcomes[1]), "its instance was killed (code 137)");
        assert_eq!(stage.begun(3), [1, 3, 1]);
        assert_eq!(job.future(1).failed_attempts().len(), 2);
        drop(job);
        end(exec, &cloud).await;
    });
}

/// What a job of two calls ends with none of whose instances comes to anything; and how long it took.
async fn hopeless(settings: Settings, kind: Kind) -> (Vec<String>, Duration) {
    let cloud = Cloud::new(settings).await;
    let exec = cloud.builder("start_bound = 2").workers(2).build().await.unwrap();
    cloud.runs_suffer("", None, kind);
    let (stage, begun) = (Stage::new(), Instant::now());
    let outcomes = exec.map(play, stage.inputs(2)).settled().await.unwrap();
    let took = begun.elapsed();
    assert_eq!(stage.begun(2), [0, 0]);
    end(exec, &cloud).await;
    (outcomes.iter().map(|outcome| lost(outcome).to_owned()).collect(), took)
}

fn instances_that_never_start_are_given_up() {
    let (reasons, took) = lithops::block_on(hopeless(Settings::default(), Kind::StuckPending));
    assert!(took < Duration::from_secs(30), "{took:?}");
    for reason in reasons {
        for part in ["while nothing else of the job happened for 2s", "`ibmcloud ce jobrun get"] {
            assert!(reason.contains(part), "{reason}");
        }
    }
}

fn an_image_that_can_not_be_pulled_is_named() {
    let (reasons, took) = lithops::block_on(hopeless(Settings::default(), Kind::ImagePull));
    assert!(took < Duration::from_secs(30), "{took:?}");
    for reason in reasons {
        for part in ["ImagePullBackOff", "the image can't be pulled"] {
            assert!(reason.contains(part), "{reason}");
        }
    }
}

fn an_image_that_is_given_up_is_named() {
    let rules = Rules { image_pull_fails: true, ..Rules::default() };
    let settings = Settings { rules, ..Settings::default() };
    let (reasons, took) = lithops::block_on(hopeless(settings, Kind::ImagePull));
    assert!(took < Duration::from_secs(20), "{took:?}");
    for reason in reasons {
        assert!(reason.contains("its instance failed: ImagePullBackOff"), "{reason}");
    }
}

fn an_instance_that_starts_twice() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(3).build().await.unwrap();
        cloud.runs_suffer("", None, Kind::Duplicate);
        let stage = Stage::new();
        let job = exec.map(play, stage.inputs(30)).submit().unwrap();
        let expected: Vec<u32> = (0..30).map(|call| call * 10).collect();
        assert_eq!(job.results().await.unwrap(), expected);
        assert!(
            stage.begun(30).iter().all(|begun| (1..=2).contains(begun)),
            "{:?}",
            stage.begun(30)
        );
        let summary = job.summary();
        assert_eq!((summary.succeeded, summary.failed, summary.repeated), (30, 0, 0));
        drop(job);
        end(exec, &cloud).await;
    });
}
