//! What a request costs that goes wrong.

use std::time::{Duration, Instant};

use lithops_backend_codeengine::CodeEngineBackend;
use lithops_codeengine_emulator::HttpFaultKind as Kind;
use lithops_codeengine_emulator::{Keys, RetryAfter, Settings};
use lithops_core::ports::{CleanScope, ComputeBackend, ComputeErrorKind};
use lithops_core::secret::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::cloud::{Cloud, RUN, RUNS, TOKEN, job, launch};

const IDLE: &str = "sleep 600";

#[tokio::test]
async fn whatever_befalls_the_request_for_a_run_there_is_one_in_the_end() {
    let cloud = Cloud::new(IDLE).await;
    cloud.backend.deploy().await.unwrap();
    let busy = |status| Kind::Status { status, retry_after: None };
    let done = |status| Kind::CommitThenStatus { status, retry_after: None };
    let kinds = [
        busy(429),
        busy(500),
        busy(502),
        busy(503),
        busy(504),
        busy(409),
        done(503),
        done(500),
        Kind::CommitThenDrop,
        Kind::Drop,
        Kind::Reset,
        Kind::TruncatedBody,
        Kind::NotJson { status: 502 },
    ];
    for (number, kind) in (0..).zip(kinds) {
        let (job, shown) = (job(number), format!("{kind:?}"));
        let id = cloud.fault("POST", "/job_runs$", 1, kind);
        cloud.start(&job, 3).await;
        assert_eq!(cloud.emulator.faults().suffered(id), Some(1), "{shown}");
        let runs = cloud.names("job_runs");
        assert_eq!(runs, [format!("lithops-0123abcd-{number:03}-w0")], "{shown}");
        assert_eq!(cloud.backend.status(&job).await.unwrap().len(), 3, "{shown}");
        cloud.backend.cancel(&job).await.unwrap();
        assert_eq!(cloud.names("job_runs"), Vec::<String>::new(), "{shown}");
    }
}

#[tokio::test]
async fn a_run_whose_answer_was_lost_is_found_and_not_ordered_again() {
    let cloud = Cloud::new(IDLE).await;
    cloud.backend.deploy().await.unwrap();
    cloud.fault("POST", "/job_runs$", 1, Kind::CommitThenDrop);
    cloud.start(&job(0), 1).await;
    assert_eq!((cloud.count("POST", RUNS), cloud.count("GET", RUN)), (1, 1));
}

#[tokio::test]
async fn a_run_that_is_not_shown_yet_is_neither_lost_nor_ordered_twice() {
    let cloud = Cloud::new(IDLE).await;
    cloud.backend.deploy().await.unwrap();
    cloud.fault("POST", "/job_runs$", 1, Kind::HiddenAfterCreate { milliseconds: 1500 });
    cloud.fault("POST", "/job_runs$", 1, Kind::CommitThenStatus { status: 503, retry_after: None });
    cloud.start(&job(0), 2).await;
    let found = cloud.backend.status(&job(0)).await.unwrap();
    assert_eq!(found.len(), 2);
    cloud
        .until(&job(0), |found| {
            found.iter().all(|status| status.state == lithops_core::ports::WorkerState::Running)
        })
        .await;
    assert_eq!(cloud.names("job_runs").len(), 1);
}

#[tokio::test]
async fn a_server_that_says_when_to_come_back_is_not_asked_before() {
    let cloud = Cloud::new(IDLE).await;
    cloud.backend.deploy().await.unwrap();
    for (number, when) in (0..).zip([RetryAfter::Seconds(2), RetryAfter::DateInSeconds(3)]) {
        let kind = Kind::Status { status: 429, retry_after: Some(when) };
        cloud.fault("POST", "/job_runs$", 1, kind);
        let begun = Instant::now();
        cloud.start(&job(number), 1).await;
        // A date has no parts of seconds.
        assert!(begun.elapsed() >= Duration::from_secs(2), "{when:?}: {:?}", begun.elapsed());
    }
    let kind = Kind::Status { status: 429, retry_after: Some(RetryAfter::Seconds(3600)) };
    cloud.fault("POST", "/job_runs$", 1, kind);
    let begun = Instant::now();
    let refused = cloud.backend.start(launch(&job(9), 0, 1)).await.unwrap_err();
    assert_eq!(refused.kind, ComputeErrorKind::Unavailable);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn questions_are_asked_again_until_they_are_answered() {
    let cloud = Cloud::new(IDLE).await;
    cloud.start(&job(0), 1).await;
    for kind in [
        Kind::Status { status: 503, retry_after: None },
        Kind::Drop,
        Kind::Reset,
        Kind::TruncatedBody,
        Kind::NotJson { status: 200 },
    ] {
        let shown = format!("{kind:?}");
        let id = cloud.fault("GET", "/job_runs/", 2, kind);
        assert_eq!(cloud.backend.status(&job(0)).await.unwrap().len(), 1, "{shown}");
        assert_eq!(cloud.emulator.faults().suffered(id), Some(2), "{shown}");
    }
}

#[tokio::test]
async fn a_platform_that_stays_away_is_given_up_in_time() {
    let cloud = Cloud::new(IDLE).await;
    cloud.start(&job(0), 1).await;
    cloud.fault("GET", "/job_runs/", u64::MAX, Kind::Status { status: 503, retry_after: None });
    let begun = Instant::now();
    let error = cloud.backend.status(&job(0)).await.unwrap_err();
    assert_eq!(error.kind, ComputeErrorKind::Unavailable);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(error.to_string().contains("status 503, injected_fault"), "{error}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let cloud = Cloud::new(IDLE).await;
    cloud.start(&job(0), 1).await;
    cloud.fault("GET", "/job_runs/", u64::MAX, Kind::DelayBody { milliseconds: 3_600_000 });
    let begun = Instant::now();
    let error = cloud.backend.status(&job(0)).await.unwrap_err();
    assert_eq!(error.kind, ComputeErrorKind::Unavailable);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(error.to_string().contains("did not answer within 10s"), "{error}");
}

#[tokio::test]
async fn a_removal_whose_answer_was_lost_is_a_removal() {
    let cloud = Cloud::new(IDLE).await;
    cloud.start(&job(0), 1).await;
    cloud.fault("DELETE", "/job_runs/", 1, Kind::CommitThenDrop);
    cloud.backend.cancel(&job(0)).await.unwrap();
    assert_eq!(cloud.names("job_runs"), Vec::<String>::new());
}

#[tokio::test]
async fn a_token_that_is_refused_is_changed_once() {
    let cloud = Cloud::new(IDLE).await;
    cloud.start(&job(0), 1).await;
    assert_eq!(cloud.count("POST", TOKEN), 1);
    cloud.emulator.revoke_tokens();
    assert_eq!(cloud.backend.status(&job(0)).await.unwrap().len(), 1);
    assert_eq!(cloud.count("POST", TOKEN), 2);

    cloud.fault("GET", "/job_runs/", u64::MAX, Kind::Unauthorized);
    let error = cloud.backend.status(&job(0)).await.unwrap_err();
    assert_eq!(error.kind, ComputeErrorKind::Denied);
    assert_eq!(cloud.count("POST", TOKEN), 3);
}

#[tokio::test]
async fn those_who_need_a_token_at_once_share_one() {
    let cloud = Cloud::new(IDLE).await;
    cloud.start(&job(0), 1).await;
    cloud.emulator.revoke_tokens();
    let ask = || {
        let (backend, job) = (std::sync::Arc::clone(&cloud.backend), job(0));
        tokio::spawn(async move { backend.status(&job).await.map(|found| found.len()) })
    };
    let asked: Vec<_> = (0..20).map(|_| ask()).collect();
    for answer in asked {
        assert_eq!(answer.await.unwrap().unwrap(), 1);
    }
    assert_eq!(cloud.count("POST", TOKEN), 2);
}

#[tokio::test]
async fn a_token_is_changed_before_it_is_too_old() {
    let cloud = Cloud::new(IDLE).await;
    cloud.fault("POST", TOKEN, 1, Kind::ShortToken { seconds: 8 });
    cloud.start(&job(0), 1).await;
    let begun = Instant::now();
    while cloud.count("POST", TOKEN) == 1 {
        assert!(begun.elapsed() < Duration::from_secs(30));
        cloud.backend.status(&job(0)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let refused = cloud.emulator.requests().list();
    let refused: u64 = refused.iter().filter_map(|count| count.statuses.get(&401)).sum();
    assert_eq!(refused, 0);
}

#[tokio::test]
async fn the_service_of_tokens_may_stumble() {
    let cloud = Cloud::new(IDLE).await;
    cloud.fault("POST", TOKEN, 1, Kind::Status { status: 503, retry_after: None });
    cloud.fault("POST", TOKEN, 1, Kind::Status { status: 429, retry_after: None });
    cloud.fault("POST", TOKEN, 1, Kind::Reset);
    cloud.start(&job(0), 1).await;
    assert_eq!(cloud.names("job_runs").len(), 1);
}

#[tokio::test]
async fn a_key_that_nobody_knows_is_told_and_not_shown() {
    let keys = Keys::These(vec!["another".to_owned()]);
    let cloud = Cloud::with(IDLE, Settings { keys, ..Settings::default() }, |_| {}).await;
    let error = cloud.backend.deploy().await.unwrap_err();
    assert_eq!(error.kind, ComputeErrorKind::Denied);
    assert!(error.to_string().contains("BXNIM0415E"), "{error}");
    assert!(error.to_string().contains("check `iam_api_key`"), "{error}");
    assert!(!format!("{error:?}").contains(crate::cloud::API_KEY), "{error:?}");
    // Who has not been let in need not be told so again.
    assert_eq!(cloud.count("POST", TOKEN), 1);
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let limits = lithops_codeengine_emulator::Limits {
        projects: 400,
        ..lithops_codeengine_emulator::Limits::default()
    };
    let cloud = Cloud::with(IDLE, Settings { limits, ..Settings::default() }, |_| {}).await;
    for number in 0..230 {
        let project = format!("{{\"name\": \"project-{number}\"}}");
        assert_eq!(cloud.by_hand("POST", "/v2/projects", &project).await, 202);
    }
    cloud.emulator.requests().clear();
    for number in [0, 120, 229] {
        let name = Some(format!("project-{number}"));
        cloud.another(|config| config.project_name = name).deploy().await.unwrap();
    }
    assert_eq!(cloud.count("POST", "/v2/projects"), 0);
    assert_eq!(cloud.count("GET", "/v2/projects"), 3 * 3);
}

/// Answers each request with a page that leads to itself.
async fn endless_list() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 8192];
                while connection.read(&mut asked).await.is_ok_and(|read| read > 0) {
                    let body = r#"{"access_token":"t","expires_in":60,"projects":[],"next":{"start":"s"}}"#;
                    let head =
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
                    let answer = format!("{head}: {}\r\n\r\n{body}", body.len());
                    if connection.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn a_list_that_leads_in_a_circle_is_left() {
    let url = endless_list().await;
    let backend = CodeEngineBackend::new(lithops_backend_codeengine::CodeEngineConfig {
        api_key: Secret::new("k"),
        endpoint: Some(url.clone()),
        iam_endpoint: Some(url),
        ..Default::default()
    });
    let error = backend.clean(CleanScope::Leftovers).await.unwrap_err();
    assert!(error.to_string().contains("goes on where it has been"), "{error}");
    assert_eq!(backend.requests(), 2);
}

#[tokio::test]
async fn where_nobody_listens_the_address_is_asked_for_and_the_job_ends_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let cloud = Cloud::new(IDLE).await;
    for of_tokens in [false, true] {
        let backend = cloud.another(|config| {
            config.endpoint = Some(address.clone());
            if of_tokens {
                config.iam_endpoint = Some(address.clone());
            }
            config.retry_bound = Duration::from_secs(2);
        });
        let begun = Instant::now();
        let error = backend.start(launch(&job(0), 0, 1)).await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
        assert!(error.is_final(), "{error}");
        let text = error.to_string();
        assert!(text.contains("127.0.0.1 can't be reached: Connection refused"), "{text}");
        assert!(text.contains("check `endpoint` in the section `[code_engine]`"), "{text}");
    }
}

#[tokio::test]
async fn token_and_request_share_one_bound() {
    let cloud = Cloud::with(IDLE, Settings::default(), |config| {
        config.retry_bound = Duration::from_secs(2);
    })
    .await;
    cloud.fault("POST", "/identity/token$", u64::MAX, Kind::DelayBody { milliseconds: 3_600_000 });
    let begun = Instant::now();
    let error = cloud.backend.deploy().await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert!(error.is_final() && error.to_string().contains("did not answer within"), "{error}");
}
