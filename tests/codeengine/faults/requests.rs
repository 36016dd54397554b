//! Requests that fail, are lost, or are slow.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lithops::FunctionExecutor;
use lithops::prelude::*;
use lithops_codeengine_emulator::HttpFaultKind as Kind;
use lithops_codeengine_emulator::{HttpFault, RetryAfter, Settings};

use super::RUNS;
use crate::Case;
use crate::cloud::Cloud;
use crate::stage::{Stage, end, play_when_told, until};

pub(super) const CASES: &[Case] = &[
    (
        "faults::a_platform_that_is_busy_is_asked_again_when_it_says",
        a_platform_that_is_busy_is_asked_again_when_it_says,
    ),
    (
        "faults::what_failed_before_the_work_is_asked_for_again",
        what_failed_before_the_work_is_asked_for_again,
    ),
    (
        "faults::what_was_done_without_an_answer_is_not_done_twice",
        what_was_done_without_an_answer_is_not_done_twice,
    ),
    (
        "faults::questions_without_an_answer_cost_no_result",
        questions_without_an_answer_cost_no_result,
    ),
    (
        "faults::a_platform_that_never_tells_of_its_runs_costs_no_result",
        a_platform_that_never_tells_of_its_runs_costs_no_result,
    ),
    ("faults::answers_that_are_slow_cost_time_alone", answers_that_are_slow_cost_time_alone),
    (
        "faults::a_run_that_can_never_be_ordered_ends_the_job",
        a_run_that_can_never_be_ordered_ends_the_job,
    ),
];

async fn executor(cloud: &Cloud, section: &str) -> FunctionExecutor {
    cloud.builder(section).workers(2).build().await.unwrap()
}

fn times(times: u64, method: &str, path: &str, kind: Kind) -> HttpFault {
    HttpFault { times: Some(times), ..HttpFault::once(method, path, kind) }
}

/// Runs four calls while `fault` strikes: each once, in one run. Gives the answers to orders of runs.
async fn run(cloud: &Cloud, exec: &FunctionExecutor, fault: HttpFault) -> BTreeMap<u16, u64> {
    let shown = format!("{fault:?}");
    cloud.emulator().requests().clear();
    let expected = fault.times;
    let id = cloud.suffer(fault);
    let stage = Stage::new();
    let job = exec.map(play_when_told, stage.inputs(4)).submit().unwrap();
    // Two workers have begun the first of their calls.
    stage.until_begun(4, 2);
    until("the fault", || cloud.emulator().faults().suffered(id) >= expected);
    // That of the job before may still be on its way out.
    until("one run", || cloud.resources("job_runs").len() == 1);
    stage.let_go();
    assert_eq!(job.results().await.unwrap(), [0, 10, 20, 30], "{shown}");
    assert_eq!(stage.begun(4), [1; 4], "{shown}");
    cloud.emulator().faults().remove(id);
    cloud.answers("POST", RUNS)
}

fn a_platform_that_is_busy_is_asked_again_when_it_says() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = executor(&cloud, "").await;
        let seconds = Some(RetryAfter::Seconds(1));
        // A date has no parts of seconds: of two, at least one is left.
        let date = Some(RetryAfter::DateInSeconds(2));
        for retry_after in [None, seconds, date] {
            let begun = Instant::now();
            let kind = Kind::Status { status: 429, retry_after };
            let answers = run(&cloud, &exec, times(2, "POST", "/job_runs$", kind)).await;
            assert_eq!(answers, BTreeMap::from([(202, 1), (429, 2)]), "{retry_after:?}");
            let waited = begun.elapsed();
            let least = Duration::from_secs(if retry_after.is_some() { 2 } else { 0 });
            assert!(waited >= least, "{retry_after:?}: {waited:?}");
        }
        end(exec, &cloud).await;
    });
}

fn what_failed_before_the_work_is_asked_for_again() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = executor(&cloud, "").await;
        let status = |status| (Kind::Status { status, retry_after: None }, status);
        let cut = |kind| (kind, 0);
        let page = (Kind::NotJson { status: 502 }, 502);
        let kinds = [500, 502, 503, 504].map(status).into_iter();
        for (kind, told) in kinds.chain([cut(Kind::Drop), cut(Kind::Reset), page]) {
            let shown = format!("{kind:?}");
            let answers = run(&cloud, &exec, times(1, "POST", "/job_runs$", kind)).await;
            assert_eq!(answers, BTreeMap::from([(told, 1), (202, 1)]), "{shown}");
        }
        end(exec, &cloud).await;
    });
}

fn what_was_done_without_an_answer_is_not_done_twice() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = executor(&cloud, "").await;
        let done = |status| (Kind::CommitThenStatus { status, retry_after: None }, status);
        let lost = [(Kind::CommitThenDrop, 0), (Kind::TruncatedBody, 202)];
        for (kind, told) in [500, 503].map(done).into_iter().chain(lost) {
            let shown = format!("{kind:?}");
            let answers = run(&cloud, &exec, times(1, "POST", "/job_runs$", kind)).await;
            assert_eq!(answers, BTreeMap::from([(told, 1)]), "{shown}");
        }
        end(exec, &cloud).await;
    });
}

fn questions_without_an_answer_cost_no_result() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = executor(&cloud, "").await;
        for kind in [
            Kind::Status { status: 503, retry_after: None },
            Kind::Drop,
            Kind::Reset,
            Kind::TruncatedBody,
            Kind::NotJson { status: 200 },
        ] {
            let shown = format!("{kind:?}");
            let answers = run(&cloud, &exec, times(2, "GET", "/job_runs/", kind)).await;
            assert_eq!(answers, BTreeMap::from([(202, 1)]), "{shown}");
        }
        end(exec, &cloud).await;
    });
}

fn a_platform_that_never_tells_of_its_runs_costs_no_result() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = executor(&cloud, "retry_bound = 1").await;
        let kind = Kind::Status { status: 503, retry_after: None };
        let fault = HttpFault { times: None, ..HttpFault::once("GET", "/job_runs/", kind) };
        let id = cloud.suffer(fault);
        let stage = Stage::new();
        let job = exec.map(play_when_told, stage.inputs(4)).submit().unwrap();
        until("the fault", || cloud.emulator().faults().suffered(id) >= Some(5));
        stage.let_go();
        let told = Instant::now();
        assert_eq!(job.results().await.unwrap(), [0, 10, 20, 30]);
        assert!(told.elapsed() < Duration::from_secs(30), "{:?}", told.elapsed());
        assert_eq!(stage.begun(4), [1; 4]);
        // Nobody says what it has used: then the summary does not either.
        assert_eq!(job.finished().await.used, None);
        drop(job);
        end(exec, &cloud).await;
    });
}

fn answers_that_are_slow_cost_time_alone() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = executor(&cloud, "").await;
        let milliseconds = 1500;
        for kind in [Kind::DelayHeaders { milliseconds }, Kind::DelayBody { milliseconds }] {
            let shown = format!("{kind:?}");
            let fault = HttpFault { path: "/job_runs".to_owned(), ..HttpFault::always(kind) };
            let answers = run(&cloud, &exec, fault).await;
            assert_eq!(answers, BTreeMap::from([(202, 1)]), "{shown}");
        }
        end(exec, &cloud).await;
    });
}

fn a_run_that_can_never_be_ordered_ends_the_job() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = executor(&cloud, "retry_bound = 2").await;
        let kind = Kind::Status { status: 503, retry_after: None };
        cloud.suffer(HttpFault { times: None, ..HttpFault::once("POST", "/job_runs$", kind) });
        let begun = Instant::now();
        let outcomes = exec.map(|x: u32| x, 0..4).settled().await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        for outcome in &outcomes {
            let Err(CallError::JobFailed { reason }) = outcome else { panic!("{outcome:?}") };
            assert!(reason.contains("start a job run: status 503, injected_fault"), "{reason}");
        }
        end(exec, &cloud).await;
    });
}
