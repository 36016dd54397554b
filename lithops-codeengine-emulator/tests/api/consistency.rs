//! What is created is not seen at once, and what is deleted stays seen for a while.

use std::time::Duration;

use lithops_codeengine_emulator::{HttpFault, HttpFaultKind};
use serde_json::json;

use crate::client::Client;

#[tokio::test]
async fn what_is_created_may_be_hidden_for_a_while() {
    let client = Client::new().await;
    // Long, so that it is the clock that ends it.
    let hidden = HttpFaultKind::HiddenAfterCreate { milliseconds: 600_000 };
    client.emulator.faults().add(HttpFault::once("POST", "/jobs", hidden)).unwrap();
    let asked = json!({"name": "j", "image_reference": "icr.io/a/b"});
    assert_eq!(client.post("jobs", asked.clone()).await.status, 201);
    assert_eq!(client.get("jobs/j").await.error(), (404, "resource_not_found"));
    assert_eq!(client.get("jobs").await.body["jobs"], json!([]));
    assert_eq!(client.post("jobs", asked).await.error(), (409, "resource_already_exists"));
    client.emulator.clock().advance(Duration::from_secs(600));
    assert_eq!(client.get("jobs/j").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_may_linger_for_a_while() {
    let client = Client::new().await;
    let lingering = HttpFaultKind::LingeringAfterDelete { milliseconds: 600_000 };
    client.emulator.faults().add(HttpFault::once("DELETE", "/job_runs", lingering)).unwrap();
    let asked = json!({
        "name": "r", "image_reference": "icr.io/a/b", "run_commands": ["/bin/true"],
    });
    assert_eq!(client.post("job_runs", asked.clone()).await.status, 202);
    client.until("job_runs/r", |run| run.body["status"] == "completed").await;
    assert_eq!(client.delete("job_runs/r").await.status, 202);
    let seen = client.get("job_runs/r").await;
    assert_eq!((seen.status, &seen.body["status"]), (200, &json!("completed")));
    let taken = client.post("job_runs", asked.clone()).await;
    assert_eq!(taken.error(), (409, "resource_already_exists"));
    client.emulator.clock().advance(Duration::from_secs(600));
    assert_eq!(client.get("job_runs/r").await.error(), (404, "resource_not_found"));
    assert_eq!(client.post("job_runs", asked).await.status, 202);
}
