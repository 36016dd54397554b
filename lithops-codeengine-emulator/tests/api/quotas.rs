//! How many resources there may be.

use lithops_codeengine_emulator::{Answer, Answers, Limits, Settings};
use serde_json::json;

use crate::client::Client;

fn settings(limits: Limits) -> Settings {
    Settings { limits, ..Settings::default() }
}

#[tokio::test]
async fn the_defaults_are_those_of_a_new_account() {
    let client = Client::new().await;
    for number in 0..100 {
        let created = client.post("config_maps", json!({"name": format!("c{number}")})).await;
        assert_eq!(created.status, 201);
    }
    let refused = client.post("config_maps", json!({"name": "more"})).await;
    assert_eq!(refused.error(), (403, "quota_exceeded"));
    assert_eq!(client.delete("config_maps/c7").await.status, 202);
    assert_eq!(client.post("config_maps", json!({"name": "more"})).await.status, 201);
}

#[tokio::test]
async fn each_kind_has_a_quota_of_its_own() {
    let limits = Limits { jobs: 1, job_runs: 1, secrets: 1, projects: 1, ..Limits::default() };
    let client = Client::with(settings(limits)).await;
    let run = json!({"name": "a", "image_reference": "icr.io/a/b", "run_commands": ["/bin/true"]});
    for (kind, status, mut asked) in [
        ("jobs", 201, json!({"name": "a", "image_reference": "icr.io/a/b"})),
        ("job_runs", 202, run),
        ("secrets", 201, json!({"name": "a", "format": "generic"})),
    ] {
        assert_eq!(client.post(kind, asked.clone()).await.status, status, "{kind}");
        asked["name"] = json!("b");
        assert_eq!(client.post(kind, asked).await.error(), (403, "quota_exceeded"), "{kind}");
    }
    let project = client.post("/projects", json!({"name": "b"})).await;
    assert_eq!(project.error(), (403, "quota_exceeded"));
    client.delete(&format!("/projects/{}", client.project)).await;
    let project = client.post("/projects", json!({"name": "b"})).await;
    assert_eq!(project.error(), (403, "quota_exceeded"), "deleted ones count");
}

#[tokio::test]
async fn the_answer_can_be_set() {
    let answers = Answers { quota: Answer::new(429, "too_many"), ..Answers::default() };
    let limits = Limits { jobs: 0, ..Limits::default() };
    let client = Client::with(Settings { answers, ..settings(limits) }).await;
    let asked = json!({"name": "a", "image_reference": "icr.io/a/b"});
    assert_eq!(client.post("jobs", asked).await.error(), (429, "too_many"));
}
