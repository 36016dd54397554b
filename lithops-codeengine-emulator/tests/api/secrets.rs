//! Secrets, of each format.

use reqwest::Method;
use serde_json::json;

use crate::client::Client;

#[tokio::test]
async fn each_format_has_its_own_type_and_data() {
    let client = Client::new().await;
    let access = json!({"service_instance": {"id": "i"}, "resource_key": {"id": "k"}});
    for (format, data, resource_type) in [
        ("generic", json!({"any": "v"}), "secret_generic_v2"),
        (
            "registry",
            json!({"username": "u", "password": "p", "server": "s"}),
            "secret_registry_v2",
        ),
        ("basic_auth", json!({"username": "u", "password": "p"}), "secret_basic_auth_v2"),
        ("ssh_auth", json!({"ssh_key": "k"}), "secret_auth_ssh_v2"),
        ("tls", json!({"tls_cert": "c", "tls_key": "k"}), "secret_tls_v2"),
        (
            "hmac_auth",
            json!({"access_key_id": "a", "secret_access_key": "s"}),
            "secret_hmac_auth_v2",
        ),
        ("service_access", json!({}), "secret_service_access_v2"),
        ("service_operator", json!({}), "secret_operator_v2"),
        ("other", json!({"any": "v"}), "secret_other_v2"),
    ] {
        let name = format.replace('_', "-");
        let mut asked = json!({"name": name, "format": format, "data": data});
        if format == "service_access" {
            asked["service_access"] = access.clone();
        }
        let created = client.post("secrets", asked).await;
        assert_eq!(created.status, 201, "{format}");
        assert_eq!(created.body["resource_type"], resource_type);
        assert_eq!(created.body["data"], data, "data is echoed");
        assert_eq!(created.body["format"], format);
        assert_eq!(created.body["generated_by"], "user");
        assert_eq!(created.header("etag"), created.body["entity_tag"].as_str().unwrap());
    }
    assert_eq!(client.get("secrets").await.body["secrets"].as_array().unwrap().len(), 9);
    let some = client.get("secrets?format=registry").await;
    assert_eq!(some.all("secrets", "name"), ["registry"]);
}

#[tokio::test]
async fn a_secret_is_replaced_but_keeps_its_format() {
    let client = Client::new().await;
    let asked =
        json!({"name": "s", "format": "basic_auth", "data": {"username": "u", "password": "p"}});
    let created = client.post("secrets", asked).await;
    let path = "secrets/s";
    let new = json!({"format": "basic_auth", "data": {"username": "u", "password": "q"}});
    let replaced = client.update(Method::PUT, path, created.header("etag"), new.clone()).await;
    assert_eq!((replaced.status, &replaced.body["data"]["password"]), (200, &json!("q")));
    let late = client.update(Method::PUT, path, created.header("etag"), new).await;
    assert_eq!(late.error(), (412, "precondition_failed"));
    for wrong in [
        json!({"data": {}}),
        json!({"format": "generic", "data": {}}),
        json!({"format": "basic_auth", "data": {"username": "u"}}),
    ] {
        let refused = client.update(Method::PUT, path, "*", wrong).await;
        assert_eq!(refused.error(), (400, "bad_request"));
    }
    assert_eq!(client.delete(path).await.status, 202);
    assert_eq!(client.get(path).await.error(), (404, "resource_not_found"));
}
