//! Jobs: fields, defaults, tags, merge patches.

use reqwest::Method;
use serde_json::json;

use crate::client::{Client, send};

fn job(name: &str) -> serde_json::Value {
    json!({"name": name, "image_reference": "icr.io/codeengine/helloworld"})
}

#[tokio::test]
async fn a_job_is_created_read_changed_and_deleted() {
    let client = Client::new().await;
    let mut asked = job("j");
    asked["run_env_variables"] =
        json!([{"type": "literal", "name": "A", "value": "a", "key": "k", "prefix": "p"}]);
    asked["run_volume_mounts"] = json!([
        {"type": "secret", "reference": "not-there", "mount_path": "/mnt", "name": "old"}
    ]);
    asked["unknown"] = json!(true);
    let created = client.post("jobs", asked).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.header("etag"), created.body["entity_tag"].as_str().unwrap());
    assert_eq!(created.body["resource_type"], "job_v2");
    assert_eq!(created.body["scale_memory_limit"], "4G");
    assert_eq!(created.body["project_id"], client.project);
    assert!(created.body.get("unknown").is_none());
    assert!(created.body["run_volume_mounts"][0].get("name").is_none());
    let read = client.get("jobs/j").await;
    assert_eq!((read.status, &read.body), (200, &created.body));
    assert_eq!(read.header("etag"), created.header("etag"));

    let patch = json!({"scale_retry_limit": 1, "scale_array_spec": "0-4", "name": "k"});
    let tag = read.header("etag");
    let changed = client.update(Method::PATCH, "jobs/j", tag, patch.clone()).await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.body["scale_retry_limit"], 1);
    assert_eq!(changed.body["name"], "j");
    assert_ne!(changed.header("etag"), tag);
    assert_eq!(changed.body["entity_tag"], changed.header("etag"));
    let late = client.update(Method::PATCH, "jobs/j", tag, patch.clone()).await;
    assert_eq!(late.error(), (412, "precondition_failed"));
    let forced = client.update(Method::PATCH, "jobs/j", "*", json!({"scale_retry_limit": null}));
    assert_eq!(forced.await.body["scale_retry_limit"], 3);
    let request = client.request(Method::PATCH, "jobs/j").body(patch.to_string());
    assert_eq!(send(request).await.unwrap().error(), (400, "missing_if_match"));

    let deleted = client.delete("jobs/j").await;
    assert_eq!((deleted.status, deleted.body), (202, json!(null)));
    assert_eq!(client.get("jobs/j").await.error(), (404, "resource_not_found"));
    assert_eq!(client.delete("jobs/j").await.error(), (404, "resource_not_found"));
}

#[tokio::test]
async fn what_is_not_valid_is_refused() {
    let client = Client::new().await;
    let long = "1".repeat(254);
    for (field, value) in [
        ("name", json!("Upper")),
        ("name", json!(null)),
        ("image_reference", json!(null)),
        ("image_reference", json!("no image")),
        ("scale_array_spec", json!("0-1000")),
        ("scale_array_spec", json!(long)),
        ("scale_cpu_limit", json!("3")),
        ("scale_memory_limit", json!("3G")),
        ("scale_ephemeral_storage_limit", json!("5G")),
        ("scale_max_execution_time", json!(0)),
        ("scale_max_execution_time", json!(86_401)),
        ("scale_retry_limit", json!(6)),
        ("run_mode", json!("batch")),
        ("run_env_variables", json!([{"type": "literal", "value": "a"}])),
        ("run_env_variables", json!([{"type": "config_map_key_reference", "name": "a"}])),
        ("run_volume_mounts", json!([{"reference": "a", "mount_path": "relative"}])),
        ("run_commands", json!(["a"].repeat(101))),
    ] {
        let mut asked = job("j");
        asked[field] = value.clone();
        let refused = client.post("jobs", asked).await;
        assert_eq!(refused.error(), (400, "bad_request"), "{field}: {value}");
    }
    let request = client.request(Method::POST, "jobs").body("{");
    assert_eq!(send(request).await.unwrap().error(), (400, "bad_request"));
    assert_eq!(client.get("jobs").await.body["jobs"], json!([]));
}

#[tokio::test]
async fn a_job_of_more_than_ten_kibibytes_is_refused() {
    let client = Client::new().await;
    let mut asked = job("j");
    asked["run_env_variables"] = json!([{"name": "A", "value": "a".repeat(9000)}]);
    assert_eq!(client.post("jobs", asked.clone()).await.status, 201);
    asked["name"] = json!("k");
    asked["run_env_variables"] = json!([{"name": "A", "value": "a".repeat(10_240)}]);
    let refused = client.post("jobs", asked).await;
    assert_eq!(refused.error(), (400, "bad_request"));
    assert!(refused.message().contains("size limit exceeded error"));
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let client = Client::new().await;
    assert_eq!(client.post("jobs", job("j")).await.status, 201);
    let again = client.post("jobs", job("j")).await;
    assert_eq!(again.error(), (409, "resource_already_exists"));
    let map = client.post("config_maps", json!({"name": "j"})).await;
    assert_eq!(map.status, 201);
}

#[tokio::test]
async fn a_daemon_has_no_limits_of_a_task() {
    let client = Client::new().await;
    let mut asked = job("d");
    asked["run_mode"] = json!("daemon");
    let daemon = client.post("jobs", asked.clone()).await;
    assert_eq!(daemon.status, 201);
    assert!(daemon.body.get("scale_retry_limit").is_none());
    for field in ["scale_retry_limit", "scale_max_execution_time"] {
        let mut asked = asked.clone();
        asked["name"] = json!("e");
        asked[field] = json!(1);
        assert_eq!(client.post("jobs", asked).await.error(), (400, "bad_request"), "{field}");
    }
}
