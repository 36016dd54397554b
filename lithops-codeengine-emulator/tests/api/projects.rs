//! Projects: created, active, deleted, and their names.

use std::time::Duration;

use lithops_codeengine_emulator::{HttpFault, HttpFaultKind, Settings};
use serde_json::json;

use crate::client::Client;

#[tokio::test]
async fn a_project_is_created_and_becomes_active() {
    let settings = Settings { project_creation: Duration::from_secs(60), ..Settings::default() };
    let client = Client::without_project(settings).await;
    let group = "g".repeat(32);
    let asked = json!({"name": "Mine: 1", "resource_group_id": group, "tags": ["a"]});
    let created = client.post("/projects", asked).await;
    assert_eq!(created.status, 202);
    assert_eq!(created.body["status"], "creating");
    assert_eq!(created.body["resource_type"], "project_v2");
    assert_eq!(created.body["region"], "us-south");
    assert_eq!(created.body["resource_group_id"], group);
    let id = created.body["id"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    let path = format!("/projects/{id}");
    assert_eq!(created.body["href"], format!("{}/v2{path}", client.emulator.url()));
    assert_eq!(client.get(&path).await.body["status"], "creating");
    let early = client.post(&format!("{path}/jobs"), json!({})).await;
    assert_eq!(early.error(), (403, "project_not_active"));
    assert!(early.message().contains("not yet active"));
    client.emulator.clock().advance(Duration::from_secs(60));
    let active = client.get(&path).await;
    assert_eq!((active.status, &active.body["status"]), (200, &json!("active")));
    assert!(active.body.get("entity_tag").is_none());
    let details = client.get(&format!("{path}/status_details")).await;
    assert_eq!(details.body["project"], "enabled");
    assert_eq!(client.get(&format!("{path}/egress_ips")).await.status, 200);
    let list = client.get("/projects").await;
    assert_eq!(list.all("projects", "name"), ["Mine: 1"]);
}

#[tokio::test]
async fn a_deleted_project_keeps_its_name() {
    let client = Client::new().await;
    let path = format!("/projects/{}", client.project);
    let taken = client.post("/projects", json!({"name": "tests"})).await;
    assert_eq!(taken.error(), (409, "resource_already_exists"));
    client.post("config_maps", json!({"name": "c"})).await;
    assert_eq!(client.delete(&path).await.status, 202);
    assert_eq!(client.get(&path).await.body["status"], "soft_deleted");
    assert_eq!(client.get("config_maps/c").await.error(), (404, "resource_not_found"));
    assert_eq!(client.get("/projects").await.body["projects"], json!([]));
    let taken = client.post("/projects", json!({"name": "tests"})).await;
    assert_eq!(taken.error(), (409, "resource_already_exists"));
    assert!(taken.message().contains("soft-deleted"), "{}", taken.message());
    assert_eq!(client.delete(&path).await.error(), (404, "resource_not_found"));
}

#[tokio::test]
async fn a_project_may_fail_or_never_come() {
    let client = Client::without_project(Settings::default()).await;
    let faults = client.emulator.faults();
    faults.add(HttpFault::once("POST", "/projects$", HttpFaultKind::ProjectFails)).unwrap();
    let failed = client.post("/projects", json!({"name": "a"})).await;
    assert_eq!(failed.status, 202);
    let path = format!("/projects/{}", failed.body["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.body["status"], "creation_failed");
    faults.add(HttpFault::once("POST", "/projects$", HttpFaultKind::ProjectStuck)).unwrap();
    let stuck = client.post("/projects", json!({"name": "b"})).await;
    client.emulator.clock().advance(Duration::from_secs(1800));
    let path = format!("/projects/{}", stuck.body["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.body["status"], "creating");
}

#[tokio::test]
async fn names_and_groups_are_checked() {
    let client = Client::without_project(Settings::default()).await;
    for wrong in [
        json!({}),
        json!({"name": ""}),
        json!({"name": "a/b"}),
        json!({"name": 5}),
        json!({"name": "a", "resource_group_id": "short"}),
        json!([]),
    ] {
        let refused = client.post("/projects", wrong.clone()).await;
        assert_eq!(refused.error(), (400, "bad_request"), "{wrong}");
    }
    assert_eq!(client.get("/projects/none").await.error(), (404, "resource_not_found"));
}
