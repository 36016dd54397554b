//! Config maps.

use reqwest::Method;
use serde_json::json;

use crate::client::{Client, send};

#[tokio::test]
async fn a_config_map_is_created_replaced_and_deleted() {
    let client = Client::new().await;
    let created = client.post("config_maps", json!({"name": "c.d", "data": {"a": "1"}})).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.body["resource_type"], "config_map_v2");
    assert_eq!(created.body["data"], json!({"a": "1"}));
    let tag = created.header("etag");
    assert_eq!(created.body["entity_tag"], tag);
    let data = json!({"data": {"b": "2"}});
    let replaced = client.update(Method::PUT, "config_maps/c.d", tag, data.clone()).await;
    assert_eq!((replaced.status, &replaced.body["data"]), (200, &data["data"]));
    let late = client.update(Method::PUT, "config_maps/c.d", tag, data.clone()).await;
    assert_eq!(late.error(), (412, "precondition_failed"));
    let without = client.request(Method::PUT, "config_maps/c.d").body(data.to_string());
    assert_eq!(send(without).await.unwrap().error(), (400, "missing_if_match"));
    let forced = client.update(Method::PUT, "config_maps/c.d", "*", json!({})).await;
    assert_eq!((forced.status, &forced.body["data"]), (200, &json!({})));
    let none = client.update(Method::PUT, "config_maps/none", "*", data).await;
    assert_eq!(none.error(), (404, "resource_not_found"));
    assert_eq!(client.delete("config_maps/c.d").await.status, 202);
    assert_eq!(client.get("config_maps/c.d").await.error(), (404, "resource_not_found"));
}

#[tokio::test]
async fn keys_and_values_are_checked() {
    let client = Client::new().await;
    for wrong in [
        json!({"name": "c", "data": {"a b": "1"}}),
        json!({"name": "c", "data": {"a": 1}}),
        json!({"name": "c", "data": {"a": "1".repeat(1_048_577)}}),
        json!({"name": "C"}),
        json!({"data": {}}),
    ] {
        let refused = client.post("config_maps", wrong).await;
        assert_eq!(refused.error(), (400, "bad_request"));
    }
    let longest = "1".repeat(1_048_576);
    let most = json!({"name": "c", "data": {"a": longest, "b": longest, "c": longest}});
    assert_eq!(client.post("config_maps", most).await.status, 201);
}
