//! Resources that are kept and nothing is done with, and paths that there aren't.

use reqwest::Method;
use serde_json::json;

use crate::client::{Client, send};

#[tokio::test]
async fn every_other_kind_is_created_read_and_deleted() {
    let client = Client::new().await;
    let build = json!({
        "name": "n", "output_image": "icr.io/a/b", "output_secret": "s",
        "strategy_type": "dockerfile",
    });
    let store = json!({"name": "n", "storage_type": "object_storage", "data": {}});
    let destination = json!({"name": "n", "type": "cidr_block", "cidr_block": "10.0.0.0/8"});
    for (kind, asked, status, resource_type) in [
        ("builds", build.clone(), 201, "build_v2"),
        ("build_runs", json!({"name": "n", "build_name": "n"}), 202, "build_run_v2"),
        ("persistent_data_stores", store, 201, "persistent_data_store_v2"),
        ("allowed_outbound_destinations", destination, 201, "allowed_outbound_destination_v2"),
    ] {
        let created = client.post(kind, asked).await;
        assert_eq!(created.status, status, "{kind}");
        assert_eq!(created.body["resource_type"], resource_type);
        let one = format!("{kind}/n");
        assert_eq!(client.get(&one).await.status, 200, "{kind}");
        assert_eq!(client.get(kind).await.all(kind, "name"), ["n"]);
        assert_eq!(client.delete(&one).await.status, 202, "{kind}");
        assert_eq!(client.get(&one).await.error(), (404, "resource_not_found"), "{kind}");
        let lacking = client.post(kind, json!({"name": "m"})).await;
        assert_eq!(lacking.error(), (400, "bad_request"), "{kind}");
    }
    client.post("builds", build).await;
    let patch = json!({"strategy_size": "small", "output_secret": null});
    let changed = client.update(Method::PATCH, "builds/n", "*", patch).await;
    assert_eq!(changed.body["strategy_size"], "small");
    assert!(changed.body.get("output_secret").is_none());
}

#[tokio::test]
async fn a_binding_is_addressed_by_its_id() {
    let client = Client::new().await;
    let component = json!({"name": "j", "resource_type": "job_v2"});
    let asked = json!({"component": component, "prefix": "P", "secret_name": "s"});
    let created = client.post("bindings", asked).await;
    assert_eq!(created.status, 201);
    let path = format!("bindings/{}", created.body["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.body["component"], component);
    assert_eq!(client.delete(&path).await.status, 202);
    assert_eq!(client.get(&path).await.error(), (404, "resource_not_found"));
}

#[tokio::test]
async fn a_build_run_succeeds_at_once() {
    let client = Client::new().await;
    let created = client.post("build_runs", json!({"build_name": "b"})).await;
    assert_eq!(created.body["status"], "succeeded");
    assert!(created.body["name"].as_str().unwrap().starts_with("b-run-"));
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_in_the_envelope() {
    let client = Client::new().await;
    for path in ["/nothing", "apps", "jobs/a/b"] {
        assert_eq!(client.get(path).await.error(), (404, "resource_not_found"), "{path}");
    }
    let refused = send(client.request(Method::PUT, "jobs")).await.unwrap();
    assert_eq!(refused.error(), (405, "method_not_allowed"));
    let elsewhere = client.get("/projects/none/jobs").await;
    assert_eq!(elsewhere.error(), (404, "resource_not_found"));
}
