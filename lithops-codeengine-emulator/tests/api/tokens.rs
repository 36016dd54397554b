//! The token service, and what tokens are good for.

use std::time::Duration;

use lithops_codeengine_emulator::run::RunId;
use lithops_codeengine_emulator::{HttpFault, HttpFaultKind, Keys, Settings};
use reqwest::Method;
use serde_json::json;

use crate::client::{API_KEY, Client, send};

const COMPUTE_RESOURCE: &str = "urn:ibm:params:oauth:grant-type:cr-token";

#[tokio::test]
async fn an_api_key_gives_a_token_for_an_hour() {
    let mut client = Client::new().await;
    let given = client.log_in().await;
    assert_eq!(given.status, 200);
    assert_eq!(given.body["token_type"], "Bearer");
    assert_eq!(given.body["expires_in"], 3600);
    assert_eq!(client.token.split('.').count(), 3, "it is a JSON Web Token");
    let bare = client.http.get(format!("{}/v2/projects", client.emulator.url()));
    let bare = send(bare.header("authorization", &client.token)).await.unwrap();
    assert_eq!(bare.status, 200, "the word Bearer can be left out");
    client.emulator.clock().advance(Duration::from_secs(3600));
    let late = client.get("/projects").await;
    assert_eq!(late.error(), (401, "unauthorized"));
    assert!(late.message().contains("expired"));
    client.log_in().await;
    assert_eq!(client.get("/projects").await.status, 200);
}

#[tokio::test]
async fn wrong_keys_are_told_as_ibm_does() {
    let client = Client::new().await;
    let refused = client.grant(&[("grant_type", API_KEY), ("apikey", "invalid")]).await;
    assert_eq!(refused.status, 400);
    let expected = json!({
        "errorCode": "BXNIM0415E", "errorMessage": "Provided API key could not be found.",
    });
    assert_eq!(refused.body, expected);
    let empty = client.grant(&[("grant_type", API_KEY), ("apikey", "")]).await;
    assert_eq!((empty.status, &empty.body["errorCode"]), (400, &json!("BXNIM0109E")));
    let other = client.grant(&[("grant_type", "password")]).await;
    assert_eq!(other.status, 400);
}

#[tokio::test]
async fn only_the_keys_that_were_set_are_accepted() {
    let keys = Keys::These(vec!["right".to_owned()]);
    let client = Client::without_project(Settings { keys, ..Settings::default() }).await;
    let right = client.grant(&[("grant_type", API_KEY), ("apikey", "right")]).await;
    assert_eq!(right.status, 200);
    let wrong = client.grant(&[("grant_type", API_KEY), ("apikey", "key")]).await;
    assert_eq!(wrong.body["errorCode"], "BXNIM0415E");
}

#[tokio::test]
async fn requests_without_a_valid_token_are_refused() {
    let client = Client::new().await;
    let url = format!("{}/v2/projects", client.emulator.url());
    let without = send(client.http.get(&url)).await.unwrap();
    assert_eq!(without.error(), (401, "unauthorized"));
    let foreign = send(client.http.get(&url).bearer_auth("a.b.c")).await.unwrap();
    assert_eq!(foreign.error(), (401, "unauthorized"));
    let basic = send(client.http.get(&url).basic_auth("user", Some("p"))).await.unwrap();
    assert_eq!(basic.error(), (401, "unauthorized"));
}

#[tokio::test]
async fn an_instance_exchanges_its_token() {
    let mut client = Client::new().await;
    let of_run = client
        .emulator
        .instance_token(&RunId { project: client.project.clone(), name: "r".to_owned() });
    let form = [("grant_type", COMPUTE_RESOURCE), ("cr_token", &of_run), ("profile_name", "p")];
    let given = client.grant(&form).await;
    assert_eq!(given.status, 200);
    client.token = given.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("/projects").await.status, 200);
    let nameless = client.grant(&form[..2]).await;
    assert_eq!(nameless.body["errorCode"], "BXNIM0109E");
    let wrong = [("grant_type", COMPUTE_RESOURCE), ("cr_token", "x"), ("profile_id", "p")];
    assert_eq!(client.grant(&wrong).await.status, 400);
    client.token = of_run;
    assert_eq!(client.get("/projects").await.error(), (401, "unauthorized"));
}

#[tokio::test]
async fn tokens_can_be_short_and_can_be_revoked() {
    let mut client = Client::new().await;
    let faults = client.emulator.faults();
    let short = HttpFaultKind::ShortToken { seconds: 5 };
    faults.add(HttpFault::once("POST", "/identity/token", short)).unwrap();
    assert_eq!(client.log_in().await.body["expires_in"], 5);
    client.emulator.clock().advance(Duration::from_secs(5));
    assert_eq!(client.get("/projects").await.error(), (401, "unauthorized"));
    client.log_in().await;
    client.emulator.revoke_tokens();
    assert_eq!(client.get("/projects").await.error(), (401, "unauthorized"));
    client.log_in().await;
    let faults = client.emulator.faults();
    faults.add(HttpFault::once("GET", "", HttpFaultKind::Unauthorized)).unwrap();
    assert_eq!(client.get("/projects").await.error(), (401, "unauthorized"));
    assert_eq!(client.get("/projects").await.error(), (401, "unauthorized"), "it stays revoked");
    client.log_in().await;
    assert_eq!(client.get("/projects").await.status, 200);
}

#[tokio::test]
async fn both_paths_of_the_service_give_tokens_and_may_fail() {
    let client = Client::new().await;
    let ask = |path: &str| {
        let url = format!("{}{path}", client.emulator.url());
        let form = format!("grant_type={API_KEY}&apikey=key");
        send(client.http.request(Method::POST, url).body(form))
    };
    assert_eq!(ask("/oidc/token").await.unwrap().status, 200);
    let status = HttpFaultKind::Status { status: 503, retry_after: None };
    client.emulator.faults().add(HttpFault::once("POST", "/token$", status)).unwrap();
    assert_eq!(ask("/identity/token").await.unwrap().status, 503);
    assert_eq!(ask("/identity/token").await.unwrap().status, 200);
}
