//! Each fault of a request, as its client sees it.

use std::time::{Duration, Instant};

use lithops_codeengine_emulator::{HttpFault, HttpFaultKind, RetryAfter};
use reqwest::Method;
use serde_json::json;

use crate::client::{Client, send};

async fn with_fault(method: &str, kind: HttpFaultKind) -> Client {
    let client = Client::new().await;
    client.emulator.faults().add(HttpFault::once(method, "/config_maps", kind)).unwrap();
    client
}

#[tokio::test]
async fn a_status_comes_with_and_without_a_time_to_wait() {
    let kind = HttpFaultKind::Status { status: 429, retry_after: Some(RetryAfter::Seconds(7)) };
    let client = with_fault("GET", kind).await;
    let refused = client.get("config_maps").await;
    assert_eq!(refused.error(), (429, "injected_fault"));
    assert_eq!(refused.header("retry-after"), "7");
    assert_eq!(client.get("config_maps").await.status, 200);

    let kind = HttpFaultKind::Status { status: 500, retry_after: None };
    let client = with_fault("POST", kind).await;
    let refused = client.post("config_maps", json!({"name": "c"})).await;
    assert_eq!(refused.error(), (500, "injected_fault"));
    assert!(!refused.headers.contains_key("retry-after"));
    assert_eq!(client.get("config_maps/c").await.status, 404, "nothing was done");

    let retry_after = Some(RetryAfter::DateInSeconds(30));
    let client = with_fault("GET", HttpFaultKind::Status { status: 503, retry_after }).await;
    let date = client.get("config_maps").await.header("retry-after").to_owned();
    assert!(date.ends_with(" GMT") && date.len() == 29, "{date}");
}

#[tokio::test]
async fn work_may_be_done_and_the_answer_say_otherwise() {
    let kind = HttpFaultKind::CommitThenStatus { status: 503, retry_after: None };
    let client = with_fault("POST", kind).await;
    let refused = client.post("config_maps", json!({"name": "c"})).await;
    assert_eq!(refused.error(), (503, "injected_fault"));
    assert_eq!(client.get("config_maps/c").await.status, 200);
    let again = client.post("config_maps", json!({"name": "c"})).await;
    assert_eq!(again.error(), (409, "resource_already_exists"));
}

#[tokio::test]
async fn work_may_be_done_and_the_answer_be_lost() {
    let client = with_fault("POST", HttpFaultKind::CommitThenDrop).await;
    let body = json!({"name": "c"}).to_string();
    let lost = send(client.request(Method::POST, "config_maps").body(body)).await;
    assert!(lost.unwrap_err().is_request());
    assert_eq!(client.get("config_maps/c").await.status, 200);
}

#[tokio::test]
async fn connections_may_be_closed_and_reset_before_anything_is_done() {
    for kind in [HttpFaultKind::Drop, HttpFaultKind::Reset] {
        let reset = kind == HttpFaultKind::Reset;
        let client = with_fault("POST", kind).await;
        let body = json!({"name": "c"}).to_string();
        let lost = send(client.request(Method::POST, "config_maps").body(body)).await.unwrap_err();
        assert!(lost.is_request());
        assert_eq!(format!("{lost:?}").contains("ConnectionReset"), reset, "{lost:?}");
        assert_eq!(client.get("config_maps/c").await.status, 404);
        let counts = client.emulator.requests().list();
        let posted =
            counts.iter().find(|count| count.method == "POST" && count.path.ends_with("maps"));
        assert_eq!(posted.unwrap().statuses, [(0, 1)].into());
    }
}

#[tokio::test]
async fn a_body_may_be_cut() {
    let client = with_fault("GET", HttpFaultKind::TruncatedBody).await;
    let response = client.request(Method::GET, "config_maps").send().await.unwrap();
    assert_eq!(response.status(), 200, "the head is whole");
    let cut = response.bytes().await.unwrap_err();
    assert!(cut.is_body() || cut.is_decode(), "{cut:?}");
}

#[tokio::test]
async fn a_body_may_be_no_json() {
    let client = with_fault("GET", HttpFaultKind::NotJson { status: 502 }).await;
    let response = client.request(Method::GET, "config_maps").send().await.unwrap();
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()["content-type"], "text/html");
    assert!(response.text().await.unwrap().starts_with("<html>"));
}

#[tokio::test]
async fn head_and_body_may_be_late() {
    const LATE: Duration = Duration::from_millis(300);
    let client = with_fault("GET", HttpFaultKind::DelayHeaders { milliseconds: 300 }).await;
    let since = Instant::now();
    let response = client.request(Method::GET, "config_maps").send().await.unwrap();
    assert!(since.elapsed() >= LATE);
    assert_eq!(response.status(), 200);

    let client = with_fault("GET", HttpFaultKind::DelayBody { milliseconds: 300 }).await;
    let since = Instant::now();
    let response = client.request(Method::GET, "config_maps").send().await.unwrap();
    let head = since.elapsed();
    let body = response.bytes().await.unwrap();
    assert!(since.elapsed() >= LATE && head < LATE, "{head:?}");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).unwrap()["limit"], 100);
}

#[tokio::test]
async fn faults_are_added_listed_and_removed_over_http() {
    let client = Client::new().await;
    let fault = json!({"method": "GET", "path": "/jobs$", "kind": "status", "status": 503});
    let added = client.emulator(Method::POST, "faults", fault.clone()).await;
    assert_eq!((added.status, &added.body), (201, &json!({"id": "http-1"})));
    let of_run = json!({"run": "^r", "kind": "kill", "after_ms": 5});
    let added = client.emulator(Method::POST, "faults", of_run.clone()).await;
    assert_eq!((added.status, &added.body), (201, &json!({"id": "run-1"})));
    let list = client.emulator(Method::GET, "faults", json!(null)).await;
    let expected = json!([
        {"id": "http-1", "fault": fault},
        {"id": "run-1", "fault": of_run},
    ]);
    assert_eq!(list.body, expected);
    assert_eq!(client.get("jobs").await.status, 503);
    assert_eq!(client.emulator(Method::DELETE, "faults/http-1", json!(null)).await.status, 204);
    assert_eq!(client.emulator(Method::DELETE, "faults/http-1", json!(null)).await.status, 404);
    assert_eq!(client.get("jobs").await.status, 200);
    assert_eq!(client.emulator(Method::DELETE, "faults", json!(null)).await.status, 204);
    assert_eq!(client.emulator(Method::GET, "faults", json!(null)).await.body, json!([]));
    for wrong in [json!({"kind": "none"}), json!({"kind": "drop", "path": "("}), json!([])] {
        assert_eq!(client.emulator(Method::POST, "faults", wrong).await.status, 400);
    }
}
