//! Tokens that are refused, and keys that nobody knows.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lithops::prelude::*;
use lithops_codeengine_emulator::HttpFaultKind as Kind;
use lithops_codeengine_emulator::{HttpFault, Keys, Settings};

use super::{RUNS, TOKEN, failure};
use crate::Case;
use crate::cloud::{API_KEY, Cloud};
use crate::stage::{Stage, end, play, play_when_told, until};

const RUN: &str = "/v2/projects/{project}/job_runs/{name}";

pub(super) const CASES: &[Case] = &[
    ("faults::a_token_that_is_revoked_is_changed_once", a_token_that_is_revoked_is_changed_once),
    ("faults::tokens_that_last_two_seconds_are_enough", tokens_that_last_two_seconds_are_enough),
    ("faults::the_service_of_tokens_may_stumble", the_service_of_tokens_may_stumble),
    ("faults::a_key_that_nobody_knows_is_told_at_once", a_key_that_nobody_knows_is_told_at_once),
];

fn a_token_that_is_revoked_is_changed_once() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        let stage = Stage::new();
        let job = exec.map(play_when_told, stage.inputs(2)).submit().unwrap();
        stage.until_begun(2, 2);
        assert_eq!(cloud.answers("POST", TOKEN), BTreeMap::from([(200, 1)]));
        cloud.emulator().revoke_tokens();
        until("the next token", || cloud.answers("POST", TOKEN) == BTreeMap::from([(200, 2)]));
        stage.let_go();
        assert_eq!(job.results().await.unwrap(), [0, 10]);
        assert_eq!(stage.begun(2), [1, 1]);
        drop(job);
        end(exec, &cloud).await;
        let refused = cloud.answers("GET", RUN).get(&401).copied();
        assert_eq!((refused, cloud.answers("POST", TOKEN)[&200]), (Some(1), 2));
    });
}

fn tokens_that_last_two_seconds_are_enough() {
    lithops::block_on(async {
        let settings = Settings { token_life: Duration::from_secs(2), ..Settings::default() };
        let cloud = Cloud::new(settings).await;
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        let stage = Stage::new();
        let job = exec.map(play_when_told, stage.inputs(2)).submit().unwrap();
        stage.until_begun(2, 2);
        until("some tokens", || cloud.answers("POST", TOKEN).get(&200) >= Some(&3));
        stage.let_go();
        assert_eq!(job.results().await.unwrap(), [0, 10]);
        assert_eq!(cloud.answers("POST", RUNS)[&202], 1);
        drop(job);
        end(exec, &cloud).await;
    });
}

fn the_service_of_tokens_may_stumble() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        for status in [429, 500, 503] {
            let kind = Kind::Status { status, retry_after: None };
            cloud.suffer(HttpFault::once("POST", TOKEN, kind));
        }
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        let stage = Stage::new();
        assert_eq!(exec.map(play, stage.inputs(4)).await.unwrap(), [0, 10, 20, 30]);
        assert_eq!(stage.begun(4), [1; 4]);
        // Each of them strikes the next request that comes, the first of them first.
        assert_eq!(cloud.answers("POST", TOKEN)[&200], 1);
        end(exec, &cloud).await;
    });
}

fn a_key_that_nobody_knows_is_told_at_once() {
    lithops::block_on(async {
        let keys = Keys::These(vec!["another".to_owned()]);
        let cloud = Cloud::new(Settings { keys, ..Settings::default() }).await;
        let exec = cloud.builder("").build().await.unwrap();
        let begun = Instant::now();
        let error = exec.map(|x: u32| x, 0..100).await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        assert!(!format!("{error:?}").contains(API_KEY), "{error:?}");
        let reason = failure(error);
        for part in ["BXNIM0415E", "check `iam_api_key` in the section `[ibm]`"] {
            assert!(reason.contains(part), "{reason}");
        }
        assert_eq!(cloud.emulator().requests().total(), 1);
        end(exec, &cloud).await;
    });
}
