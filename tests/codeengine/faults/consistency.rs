//! What was made is not seen yet, and what was removed is still seen.

use lithops::prelude::*;
use lithops_codeengine_emulator::HttpFaultKind as Kind;
use lithops_codeengine_emulator::{HttpFault, Settings};

use super::RUNS;
use crate::Case;
use crate::cloud::Cloud;
use crate::stage::{Stage, play, until};

pub(super) const CASES: &[Case] = &[
    ("faults::what_was_made_may_be_seen_later", what_was_made_may_be_seen_later),
    ("faults::what_was_removed_may_be_seen_for_a_while", what_was_removed_may_be_seen_for_a_while),
];

fn every(method: &str, kind: Kind) -> HttpFault {
    HttpFault { times: None, ..HttpFault::once(method, "^/v2/", kind) }
}

fn what_was_made_may_be_seen_later() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        cloud.suffer(every("POST", Kind::HiddenAfterCreate { milliseconds: 1500 }));
        let stage = Stage::new();
        assert_eq!(exec.map(play, stage.inputs(4)).await.unwrap(), [0, 10, 20, 30]);
        assert_eq!(stage.begun(4), [1; 4]);
        assert_eq!(cloud.answers("POST", RUNS)[&202], 1);
        assert_eq!(cloud.emulator().state()["projects"].as_array().unwrap().len(), 1);
        exec.shutdown().await;
        until("the run's end", || cloud.resources("job_runs").is_empty());
        assert_eq!(cloud.objects(), Vec::<String>::new());
    });
}

fn what_was_removed_may_be_seen_for_a_while() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        cloud.suffer(every("DELETE", Kind::LingeringAfterDelete { milliseconds: 1500 }));
        for round in 1..=2 {
            let stage = Stage::new();
            assert_eq!(exec.map(play, stage.inputs(4)).await.unwrap(), [0, 10, 20, 30]);
            assert_eq!(stage.begun(4), [1; 4]);
            assert_eq!(cloud.answers("POST", RUNS)[&202], round);
        }
        exec.shutdown().await;
        until("the runs' end", || cloud.resources("job_runs").is_empty());
        assert_eq!(cloud.objects(), Vec::<String>::new());
    });
}
