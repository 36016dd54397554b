//! Lists come in pages.

use serde_json::json;

use crate::client::Client;

#[tokio::test]
async fn pages_follow_one_another_until_there_is_no_next() {
    let client = Client::new().await;
    for number in 0..5 {
        client.post("config_maps", json!({"name": format!("c{number}")})).await;
    }
    let first = client.get("config_maps?limit=2").await;
    assert_eq!(first.all("config_maps", "name"), ["c0", "c1"]);
    assert_eq!(first.body["limit"], 2);
    let start = first.body["next"]["start"].as_str().unwrap();
    let href = first.body["next"]["href"].as_str().unwrap();
    assert!(href.ends_with(&format!("start={start}")), "{href}");
    // What goes meanwhile moves nothing.
    assert_eq!(client.delete("config_maps/c0").await.status, 202);
    let second = client.get(&format!("config_maps?limit=100&start={start}")).await;
    assert_eq!(second.all("config_maps", "name"), ["c2", "c3"], "the token knows the limit");
    let start = second.body["next"]["start"].as_str().unwrap();
    let last = client.get(&format!("config_maps?start={start}")).await;
    assert_eq!(last.all("config_maps", "name"), ["c4"]);
    assert!(last.body.get("next").is_none());
}

#[tokio::test]
async fn a_full_last_page_has_no_next() {
    let client = Client::new().await;
    for name in ["a", "b"] {
        client.post("config_maps", json!({"name": name})).await;
    }
    let all = client.get("config_maps?limit=2").await;
    assert_eq!(all.all("config_maps", "name"), ["a", "b"]);
    assert!(all.body.get("next").is_none());
    let usual = client.get("config_maps").await;
    assert_eq!(usual.body["limit"], 100);
    let url = client.emulator.url();
    let href = format!("{url}/v2/projects/{}/config_maps?limit=100", client.project);
    assert_eq!(usual.body["first"]["href"], href);
}

#[tokio::test]
async fn a_filter_goes_along_with_the_token() {
    let client = Client::new().await;
    for (name, format) in [("a", "generic"), ("b", "other"), ("c", "generic")] {
        client.post("secrets", json!({"name": name, "format": format})).await;
    }
    let first = client.get("secrets?format=generic&limit=1").await;
    assert_eq!(first.all("secrets", "name"), ["a"]);
    let start = first.body["next"]["start"].as_str().unwrap();
    let second = client.get(&format!("secrets?start={start}")).await;
    assert_eq!(second.all("secrets", "name"), ["c"]);
    assert!(second.body.get("next").is_none());
}

#[tokio::test]
async fn limits_and_tokens_that_make_no_sense_are_refused() {
    let client = Client::new().await;
    for query in ["limit=0", "limit=101", "limit=x", "start=nonsense"] {
        let refused = client.get(&format!("jobs?{query}")).await;
        assert_eq!(refused.error(), (400, "bad_request"), "{query}");
    }
    let both = client.get("/projects?limit=1").await;
    assert_eq!(both.all("projects", "name"), ["tests"]);
}
