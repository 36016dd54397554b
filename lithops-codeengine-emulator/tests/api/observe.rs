//! What tests ask the emulator.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Client;

#[tokio::test]
async fn requests_are_counted_by_method_and_path() {
    let client = Client::new().await;
    client.emulator.requests().clear();
    client.post("config_maps", json!({"name": "c"})).await;
    client.get("config_maps/c").await;
    client.get("config_maps/d").await;
    client.get("/nothing").await;
    let requests = client.emulator.requests();
    let one = "/v2/projects/{project}/config_maps/{name}";
    assert_eq!(requests.count("GET", one), 2);
    assert_eq!(requests.count("POST", "/v2/projects/{project}/config_maps"), 1);
    assert_eq!(requests.total(), 4);
    let list = client.emulator(Method::GET, "requests", Value::Null).await;
    let expected = json!([
        {"method": "GET", "path": "*", "count": 1, "statuses": {"404": 1}},
        {"method": "GET", "path": one, "count": 2, "statuses": {"200": 1, "404": 1}},
        {"method": "POST", "path": "/v2/projects/{project}/config_maps", "count": 1,
         "statuses": {"201": 1}},
    ]);
    assert_eq!(list.body, expected);
    assert_eq!(client.emulator(Method::DELETE, "requests", Value::Null).await.status, 204);
    assert_eq!(requests.total(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn state_log_and_clock_are_there_over_http() {
    let client = Client::new().await;
    let asked = json!({
        "name": "r", "image_reference": "icr.io/a/b",
        "run_commands": ["/bin/sh", "-c", "echo seen"],
        "run_env_variables": [{"name": "PASSWORD", "value": "visible"}],
    });
    client.post("job_runs", asked).await;
    client.until("job_runs/r", |run| run.body["status"] == "completed").await;
    let state = client.emulator(Method::GET, "state", Value::Null).await;
    let project = &state.body["projects"][0];
    assert_eq!(project["project"]["name"], "tests");
    assert_eq!(project["resources"]["job_runs"][0]["status"], "completed");
    assert_eq!(project["instances"]["total"], 1);
    let environments = state.body["environments"].to_string();
    assert!(environments.contains(r#"["PASSWORD","visible"]"#), "{environments}");
    let log = format!("{}/_emu/logs/{}/r/0", client.emulator.url(), client.project);
    let log = client.http.get(log).send().await.unwrap().text().await.unwrap();
    assert_eq!(log, "seen\n");
    let none = client.emulator(Method::GET, "logs/none/r/0", Value::Null).await;
    assert_eq!(none.status, 404);
    let ahead = json!({"seconds": 3600});
    assert_eq!(client.emulator(Method::POST, "clock/advance", ahead).await.status, 204);
    assert_eq!(client.get("/projects").await.error(), (401, "unauthorized"));
    let back = json!({"seconds": -1});
    assert_eq!(client.emulator(Method::POST, "clock/advance", back).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_answers_after_a_shutdown() {
    let client = Client::new().await;
    let url = format!("{}/_emu/state", client.emulator.url());
    assert_eq!(client.http.get(&url).send().await.unwrap().status(), 200);
    client.emulator.shutdown().await;
    assert!(client.http.get(&url).send().await.unwrap_err().is_connect());
}
