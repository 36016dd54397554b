//! Runs: from a job and without one, to their end, and deleted.

use serde_json::{Value, json};

use crate::client::{Client, Reply};

async fn job(client: &Client, script: &str) {
    let job = json!({
        "name": "j", "image_reference": "icr.io/a/b",
        "run_commands": ["/bin/sh", "-c", script],
        "run_env_variables": [{"name": "A", "value": "a"}, {"name": "B", "value": "b"}],
        "scale_cpu_limit": "0.125", "scale_memory_limit": "0.25G", "scale_retry_limit": 0,
    });
    assert_eq!(client.post("jobs", job).await.status, 201);
}

fn ended(reply: &Reply) -> bool {
    ["completed", "failed"].contains(&reply.body["status"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_a_job_inherits_and_comes_to_its_end() {
    let client = Client::new().await;
    job(
        &client,
        "echo $A $B $C $JOB_INDEX of $JOB_ARRAY_SIZE in $CE_JOBRUN; exit $((JOB_INDEX / 3))",
    )
    .await;
    let asked = json!({
        "job_name": "j", "name": "r", "scale_array_spec": "1-3",
        "run_env_variables": [{"name": "B", "value": "BB"}, {"name": "C", "value": "c"}],
    });
    let created = client.post("job_runs", asked).await;
    assert_eq!(created.status, 202);
    assert_eq!(created.body["resource_type"], "job_run_v2");
    assert_eq!(created.body["job_name"], "j");
    assert!(created.body.get("entity_tag").is_none());
    assert_eq!(created.header("etag"), "");
    assert!(["pending", "running"].contains(&created.body["status"].as_str().unwrap()));
    assert_eq!(created.body["run_commands"][0], "/bin/sh");
    let names = created.body["run_env_variables"].as_array().unwrap().iter();
    let values: Vec<&Value> = names.map(|variable| &variable["value"]).collect();
    assert_eq!(values, ["a", "BB", "c"]);

    let failed = client.until("job_runs/r", ended).await;
    assert_eq!(failed.body["status"], "failed");
    let details = &failed.body["status_details"];
    assert_eq!((&details["requested"], &details["succeeded"]), (&json!(3), &json!(2)));
    assert_eq!(details["succeeded_indices"], "1-2");
    assert_eq!(details["failed_indices"], "3");
    let index = &details["indices_details"]["3"];
    assert_eq!(index["last_failure_reason"], "ContainerExitedCode1");
    let log = client.emulator.log(&client.project, "r", 2).unwrap();
    assert!(log.contains("a BB c 2 of 3 in r"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_reads_config_maps_and_secrets_that_are_there_when_it_starts() {
    let client = Client::new().await;
    let data = json!({"payload": "the payload", "other": "x"});
    client.post("config_maps", json!({"name": "c", "data": data})).await;
    let secret = json!({"name": "s", "format": "generic", "data": {"PASSWORD": "hidden"}});
    client.post("secrets", secret).await;
    let asked = json!({
        "name": "r", "image_reference": "icr.io/a/b",
        "run_commands": ["/bin/sh", "-c", "echo $P; echo $MY_PASSWORD; cat $MOUNT/payload"],
        "run_env_variables": [
            {"type": "config_map_key_reference", "name": "P", "reference": "c", "key": "payload"},
            {"type": "secret_full_reference", "reference": "s", "prefix": "MY_"},
            {"type": "literal", "name": "MOUNT", "value": "/mnt/job"},
        ],
        "run_volume_mounts": [{"type": "config_map", "reference": "c", "mount_path": "/mnt/job"}],
    });
    assert_eq!(client.post("job_runs", asked).await.status, 202);
    let run = client.until("job_runs/r", ended).await;
    let log = client.emulator.log(&client.project, "r", 0).unwrap();
    assert_eq!(run.body["status"], "completed", "{log}");
    assert_eq!(log.lines().collect::<Vec<_>>(), ["the payload", "hidden", "the payload"]);
    let state = client.emulator.state().to_string();
    assert!(state.contains("MY_PASSWORD"), "environments are shown: {state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_run_is_gone_and_a_deleted_job_takes_its_runs_along() {
    let client = Client::new().await;
    job(&client, "exec sleep 1000").await;
    for name in ["r", "s"] {
        let asked = json!({"job_name": "j", "name": name});
        assert_eq!(client.post("job_runs", asked).await.status, 202);
    }
    let lone = json!({
        "name": "lone", "image_reference": "icr.io/a/b", "run_commands": ["/bin/true"],
    });
    assert_eq!(client.post("job_runs", lone).await.status, 202);
    client.until("job_runs/r", |run| run.body["status"] == "running").await;
    assert_eq!(client.delete("job_runs/r").await.status, 202);
    assert_eq!(client.get("job_runs/r").await.error(), (404, "resource_not_found"));
    let of_job = client.get("job_runs?job_name=j").await;
    assert_eq!(of_job.all("job_runs", "name"), ["s"]);
    assert_eq!(client.delete("jobs/j").await.status, 202);
    let left = client.get("job_runs").await;
    assert_eq!(left.all("job_runs", "name"), ["lone"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_ended_a_week_ago_is_gone() {
    let client = Client::new().await;
    let asked = json!({
        "name": "r", "image_reference": "icr.io/a/b", "run_commands": ["/bin/true"],
    });
    client.post("job_runs", asked.clone()).await;
    client.until("job_runs/r", ended).await;
    client.emulator.clock().advance(std::time::Duration::from_secs(7 * 24 * 3600 + 1));
    let mut client = client;
    client.log_in().await;
    client.until("job_runs/r", |reply| reply.status == 404).await;
    assert_eq!(client.get("job_runs").await.body["job_runs"], json!([]));
    assert_eq!(client.post("job_runs", asked).await.status, 202);
}

#[tokio::test]
async fn what_a_run_may_not_say_is_refused() {
    let client = Client::new().await;
    job(&client, "true").await;
    for wrong in [
        json!({"job_name": "j", "image_secret": "s"}),
        json!({"job_name": "j", "run_service_account": "none"}),
        json!({"job_name": "j", "image_reference": "icr.io/a/c"}),
        json!({"job_name": "j", "name": "r".repeat(54)}),
        json!({"job_name": "j", "scale_array_spec": "0-1000"}),
        json!({"name": "r"}),
        json!({"image_reference": "icr.io/a/b"}),
    ] {
        let refused = client.post("job_runs", wrong.clone()).await;
        assert_eq!(refused.error(), (400, "bad_request"), "{wrong}");
    }
    let missing = client.post("job_runs", json!({"job_name": "k"})).await;
    assert_eq!(missing.error(), (404, "resource_not_found"));
    let same = json!({"job_name": "j", "name": "r", "image_reference": "icr.io/a/b"});
    assert_eq!(client.post("job_runs", same.clone()).await.status, 202);
    assert_eq!(client.post("job_runs", same).await.error(), (409, "resource_already_exists"));
    let named = client.post("job_runs", json!({"job_name": "j"})).await;
    let name = named.body["name"].as_str().unwrap();
    assert!(name.starts_with("j-jobrun-") && name.len() == 14, "{name}");
    for method in [reqwest::Method::PATCH, reqwest::Method::PUT] {
        let refused = client.update(method, "job_runs/r", "*", json!({})).await;
        assert_eq!(refused.error(), (405, "method_not_allowed"));
    }
}
