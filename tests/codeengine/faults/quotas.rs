//! Projects that are full.

use std::time::{Duration, Instant};

use lithops::prelude::*;
use lithops_codeengine_emulator::{InstanceQuota, Limits, Settings};

use super::RUNS;
use crate::Case;
use crate::cloud::Cloud;
use crate::stage::{Stage, end, play_when_told, until};

pub(super) const CASES: &[Case] = &[
    ("faults::instances_wait_for_room_and_then_run", instances_wait_for_room_and_then_run),
    ("faults::a_project_with_no_room_for_a_run_is_told", a_project_with_no_room_for_a_run_is_told),
];

fn instances_wait_for_room_and_then_run() {
    lithops::block_on(async {
        let instance_quota = InstanceQuota { active: 2, ..InstanceQuota::default() };
        let cloud = Cloud::new(Settings { instance_quota, ..Settings::default() }).await;
        let exec = cloud.builder("").workers(6).build().await.unwrap();
        let stage = Stage::new();
        let job = exec.map(play_when_told, stage.inputs(12)).submit().unwrap();
        let counted = |what: &str| {
            cloud.emulator().state()["projects"][0]["instances"][what].as_u64().unwrap_or(0)
        };
        until("a full project", || (counted("active"), counted("waiting")) == (2, 4));
        stage.until_begun(12, 2);
        stage.let_go();
        let expected: Vec<u32> = (0..12).map(|call| call * 10).collect();
        assert_eq!(job.results().await.unwrap(), expected);
        assert_eq!(stage.begun(12), [1; 12]);
        assert_eq!(cloud.answers("POST", RUNS)[&202], 1);
        drop(job);
        end(exec, &cloud).await;
    });
}

fn a_project_with_no_room_for_a_run_is_told() {
    lithops::block_on(async {
        let limits = Limits { job_runs: 0, ..Limits::default() };
        let cloud = Cloud::new(Settings { limits, ..Settings::default() }).await;
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        let (stage, begun) = (Stage::new(), Instant::now());
        let outcomes = exec.map(play_when_told, stage.inputs(2)).settled().await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        for outcome in &outcomes {
            let Err(CallError::JobFailed { reason }) = outcome else { panic!("{outcome:?}") };
            for part in ["a limit is reached", "quota_exceeded", "`ComputeBackend::clean`"] {
                assert!(reason.contains(part), "{outcomes:?}");
            }
        }
        assert_eq!(stage.begun(2), [0, 0]);
        end(exec, &cloud).await;
    });
}
