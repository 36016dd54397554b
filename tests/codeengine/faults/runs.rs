//! Runs that vanish, take too long, or say little of themselves.

use std::time::{Duration, Instant};

use lithops::prelude::*;
use lithops_codeengine_emulator::Settings;
use lithops_codeengine_emulator::run::RunFaultKind as Kind;

use super::{RUNS, lost};
use crate::Case;
use crate::cloud::Cloud;
use crate::stage::{Stage, end, hang_always, hang_at_first, play_when_told, until};

pub(super) const CASES: &[Case] = &[
    ("faults::a_run_that_vanishes_costs_no_result", a_run_that_vanishes_costs_no_result),
    ("faults::runs_that_always_vanish_end_the_job", runs_that_always_vanish_end_the_job),
    ("faults::runs_that_tell_little_cost_no_result", runs_that_tell_little_cost_no_result),
    ("faults::what_dies_out_of_sight_is_missed", what_dies_out_of_sight_is_missed),
    (
        "faults::what_a_run_that_takes_too_long_has_not_done_runs_again",
        what_a_run_that_takes_too_long_has_not_done_runs_again,
    ),
];

fn a_run_that_vanishes_costs_no_result() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(3).build().await.unwrap();
        cloud.runs_suffer("-w0$", None, Kind::Vanish { after_ms: 2500 });
        let stage = Stage::new();
        let job = exec.map(hang_at_first, stage.inputs(3)).submit().unwrap();
        assert_eq!(job.results().await.unwrap(), [0, 10, 20]);
        assert_eq!(stage.begun(3), [1, 2, 1]);
        assert_eq!(cloud.answers("POST", RUNS)[&202], 2);
        let failed = job.future(1).failed_attempts();
        let reason = lost(&Err::<(), _>(failed[0].cause.clone())).to_owned();
        assert!(reason.contains("-w0 is not there any more"), "{reason}");
        drop(job);
        end(exec, &cloud).await;
    });
}

fn runs_that_always_vanish_end_the_job() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(3).build().await.unwrap();
        cloud.runs_suffer("", None, Kind::Vanish { after_ms: 2500 });
        let (stage, begun) = (Stage::new(), Instant::now());
        let outcomes = exec.map(hang_always, stage.inputs(3)).settled().await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
        assert_eq!((&outcomes[0], &outcomes[2]), (&Ok(0), &Ok(20)));
        assert!(lost(&outcomes[1]).contains("is not there any more"), "{outcomes:?}");
        assert_eq!(stage.begun(3), [1, 3, 1]);
        end(exec, &cloud).await;
    });
}

fn runs_that_tell_little_cost_no_result() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        for kind in [
            Kind::NoStatusDetails,
            Kind::NoIndicesDetails,
            Kind::Unknown { lasting: true },
            Kind::Unknown { lasting: false },
        ] {
            let shown = format!("{kind:?}");
            cloud.emulator().requests().clear();
            cloud.runs_suffer("", None, kind);
            let stage = Stage::new();
            let job = exec.map(play_when_told, stage.inputs(4)).submit().unwrap();
            let asked = || cloud.answers("GET", &format!("{RUNS}/{{name}}")).get(&200) >= Some(&2);
            until("two looks at the run", asked);
            stage.let_go();
            assert_eq!(job.results().await.unwrap(), [0, 10, 20, 30], "{shown}");
            assert_eq!(stage.begun(4), [1; 4], "{shown}");
            assert_eq!(cloud.answers("POST", RUNS)[&202], 1, "{shown}");
            cloud.emulator().run_faults().clear();
        }
        end(exec, &cloud).await;
    });
}

fn what_dies_out_of_sight_is_missed() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let silence = Duration::from_secs(6);
        let exec = cloud.builder("").workers(2).silence_bound(silence).build().await.unwrap();
        cloud.runs_suffer("-w0$", None, Kind::Unknown { lasting: true });
        cloud.runs_suffer("-w0$", Some(vec![1]), Kind::Kill { after_ms: 500 });
        let stage = Stage::new();
        let job = exec.map(hang_at_first, stage.inputs(2)).submit().unwrap();
        assert_eq!(job.results().await.unwrap(), [0, 10]);
        assert_eq!(stage.begun(2), [1, 2]);
        let failed = job.future(1).failed_attempts();
        assert_eq!(lost(&Err::<(), _>(failed[0].cause.clone())), "it has said nothing for 6s");
        drop(job);
        end(exec, &cloud).await;
    });
}

fn what_a_run_that_takes_too_long_has_not_done_runs_again() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("runtime_timeout = 500").workers(3).build().await.unwrap();
        let stage = Stage::new();
        let job = exec.map(hang_at_first, stage.inputs(3)).submit().unwrap();
        stage.until_begun(3, 3);
        until("two outcomes", || job.progress().done == 2);
        cloud.emulator().clock().advance(Duration::from_secs(501));
        assert_eq!(job.results().await.unwrap(), [0, 10, 20]);
        assert_eq!(stage.begun(3), [1, 2, 1]);
        let failed = job.future(1).failed_attempts();
        let cause = Err::<(), _>(failed[0].cause.clone());
        let told = lost(&cause);
        assert!(told.starts_with("its run has taken longer than 500s; raise"), "{told}");
        drop(job);
        end(exec, &cloud).await;
    });
}
