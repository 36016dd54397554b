//! What is asked of an S3 server, seen by a mock of one.

#![cfg(feature = "s3")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test file uses another part")]
mod mock;

use std::time::Duration;

use lithops_core::ports::{Access, PutMode, StorageBackend, StorageErrorKind};
use lithops_core::secret::Secret;
use lithops_storage::{S3Config, S3Storage, open};

use mock::{Answer, Asked, MockServer, answer, object};

fn config(server: &MockServer) -> S3Config {
    let mut config = S3Config::new("bucket");
    config.endpoint = Some(server.url.clone());
    config.region = Some("eu-de".to_owned());
    config.access_key_id = Some("reader".to_owned());
    config.secret_access_key = Some(Secret::new("correct horse"));
    config
}

fn error(status: u16, code: &str) -> Answer {
    answer(status, &format!("<Error><Code>{code}</Code></Error>"))
}

/// A store that creates as it should, for its first object.
fn honest(asked: &Asked, created: usize) -> Answer {
    match asked.method.as_str() {
        "PUT" if created == 1 => error(412, "PreconditionFailed"),
        "POST" => answer(200, DELETED),
        _ => object(200, ""),
    }
}

const DELETED: &str = "<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>";

#[tokio::test]
async fn an_api_key_is_exchanged_once_for_as_long_as_its_token_is_young() {
    let server = MockServer::start(|asked, number| match asked.target.as_str() {
        "/identity/token" => {
            answer(200, "{\"access_token\": \"first\", \"expires_in\": 3600, \"x\": []}")
        }
        // The exchange was the first request.
        _ => honest(asked, number - 1),
    })
    .await;
    let mut config = config(&server);
    config.iam_api_key = Some(Secret::new("k&y"));
    config.iam_endpoint = Some(server.url.clone());
    let storage = S3Storage::new(config).unwrap();
    storage.put("a", "1".into(), PutMode::Create).await.unwrap();

    let asked = server.asked();
    let grant = "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=k%26y";
    assert_eq!((asked[0].line().as_str(), asked[0].body.as_str()), ("POST /identity/token", grant));
    assert_eq!(asked.len(), 5, "{:?}", server.lines());
    for request in &asked[1..] {
        assert_eq!(request.header("authorization"), Some("Bearer first"));
    }
    // The probe, twice, and the object.
    for create in [&asked[1], &asked[2], &asked[4]] {
        assert_eq!((create.method.as_str(), create.header("if-none-match")), ("PUT", Some("*")));
    }
    assert_eq!(asked[4].target, "/bucket/a");
    let refused = storage.presign("a", Access::Read, Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(refused.kind, StorageErrorKind::Unsupported);
}

#[tokio::test]
async fn an_old_token_is_changed_for_a_new_one() {
    let server = MockServer::start(|asked, number| match asked.target.as_str() {
        "/identity/token" => {
            answer(200, &format!("{{\"access_token\": \"t{number}\", \"expires_in\": 0}}"))
        }
        _ => object(200, ""),
    })
    .await;
    let mut config = config(&server);
    config.iam_api_key = Some(Secret::new("key"));
    config.iam_endpoint = Some(server.url.clone());
    let storage = S3Storage::new(config).unwrap();
    storage.get("a").await.unwrap();
    storage.get("a").await.unwrap();
    let asked = server.asked();
    let used: Vec<_> = asked.iter().filter_map(|asked| asked.header("authorization")).collect();
    assert_eq!(used, ["Bearer t0", "Bearer t2"]);
}

#[tokio::test]
async fn a_bad_api_key_is_denied_and_not_shown() {
    let server = MockServer::start(|_, _| answer(400, "{\"errorCode\": \"BXNIM0415E\"}")).await;
    let mut config = config(&server);
    config.iam_api_key = Some(Secret::new("s3cr3t"));
    config.iam_endpoint = Some(server.url.clone());
    let error = S3Storage::new(config).unwrap().get("a").await.unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Denied);
    assert!(error.to_string().contains("BXNIM0415E"), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cr3t"));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn the_token_of_an_instance_is_exchanged_anew_each_time_a_token_is_old() {
    let server = MockServer::start(|asked, number| match asked.target.as_str() {
        "/identity/token" => {
            answer(200, &format!("{{\"access_token\": \"t{number}\", \"expires_in\": 0}}"))
        }
        _ => object(200, ""),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let grant = "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Acr-token&cr_token=";
    let profiles = [
        ("Profile-12ab", "profile_id=Profile-12ab"),
        ("the workers", "profile_name=the%20workers"),
    ];
    for (profile, expected) in profiles {
        let before = server.asked().len();
        let mut config = S3Config::new("bucket");
        config.endpoint = Some(server.url.clone());
        config.iam_endpoint = Some(server.url.clone());
        config.trusted_profile = Some(profile.to_owned());
        config.cr_token_file = Some(file.clone());
        let storage = S3Storage::new(config).unwrap();
        for token in ["first\n", "second"] {
            std::fs::write(&file, token).unwrap();
            storage.get("a").await.unwrap();
        }
        let asked = server.asked().split_off(before);
        let bodies: Vec<_> = [0, 2].map(|number: usize| asked[number].body.clone()).into();
        let expected = ["first", "second"].map(|token| format!("{grant}{token}&{expected}"));
        assert_eq!(bodies, expected);
        let used: Vec<_> = asked.iter().filter_map(|asked| asked.header("authorization")).collect();
        let expected = [0, 2].map(|number| format!("Bearer t{}", before + number));
        assert_eq!(used, expected);
    }
}

#[tokio::test]
async fn a_profile_that_does_not_trust_the_instance_is_denied_and_no_token_shown() {
    let server = MockServer::start(|_, _| answer(400, "{\"errorCode\": \"BXNIM0513E\"}")).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let mut config = S3Config::new("bucket");
    config.endpoint = Some(server.url.clone());
    config.iam_endpoint = Some(server.url.clone());
    config.trusted_profile = Some("workers".to_owned());
    config.cr_token_file = Some(file.clone());

    let missing = S3Storage::new(config.clone()).unwrap().get("a").await.unwrap_err();
    assert_eq!(missing.kind, StorageErrorKind::Denied);
    assert!(missing.to_string().contains(file.to_str().unwrap()), "{missing}");
    assert_eq!(server.asked().len(), 0);

    std::fs::write(&file, "s3cr3t").unwrap();
    let error = S3Storage::new(config).unwrap().get("a").await.unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Denied);
    assert!(error.to_string().contains("BXNIM0513E"), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cr3t"));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_store_that_refuses_to_create_is_asked_once() {
    let server = MockServer::start(|asked, _| match asked.header("if-none-match") {
        Some(_) => error(501, "NotImplemented"),
        None => object(200, ""),
    })
    .await;
    let storage = S3Storage::new(config(&server)).unwrap();
    let error = storage.put("a", "1".into(), PutMode::Create).await.unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Unsupported);
    assert_eq!(server.asked().len(), 1, "{:?}", server.lines());
    assert!(!storage.capability().await.unwrap().create_if_absent);
    // Also for another handle to the same place.
    let again = S3Storage::new(config(&server)).unwrap();
    again.put("b", "1".into(), PutMode::Create).await.unwrap_err();
    assert_eq!(server.asked().len(), 1);
    storage.put("a", "1".into(), PutMode::Overwrite).await.unwrap();
}

#[tokio::test]
async fn a_store_that_overwrites_is_found_out() {
    let server = MockServer::start(|asked, _| match asked.method.as_str() {
        "POST" => answer(200, DELETED),
        _ => object(200, ""),
    })
    .await;
    let storage = S3Storage::new(config(&server)).unwrap();
    let error = storage.put("a", "1".into(), PutMode::Create).await.unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Unsupported);
    let methods: Vec<_> = server.asked().into_iter().map(|asked| asked.method).collect();
    assert_eq!(methods, ["PUT", "PUT", "POST"], "the probe is removed");
    assert!(server.asked().iter().all(|asked| asked.target != "/bucket/a"));
}

#[tokio::test]
async fn a_creation_without_an_answer_is_not_repeated() {
    let server = MockServer::start(|asked, number| match number {
        0..=2 => honest(asked, number),
        _ => error(500, "InternalError"),
    })
    .await;
    let storage = S3Storage::new(config(&server)).unwrap();
    let error = storage.put("a", "1".into(), PutMode::Create).await.unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Unavailable);
    assert_eq!(server.asked().len(), 4, "{:?}", server.lines());
}

#[tokio::test]
async fn a_missing_bucket_is_another_error_than_a_missing_object() {
    let server = MockServer::start(|asked, _| match asked.target.as_str() {
        "/bucket/there" => error(404, "NoSuchKey"),
        _ => error(404, "NoSuchBucket"),
    })
    .await;
    let storage = S3Storage::new(config(&server)).unwrap();
    assert_eq!(storage.get("there").await.unwrap_err().kind, StorageErrorKind::NotFound);
    assert_eq!(storage.get("a").await.unwrap_err().kind, StorageErrorKind::NoPlace);
    assert_eq!(storage.list("", None).await.unwrap_err().kind, StorageErrorKind::NoPlace);
    let put = storage.put("a", "1".into(), PutMode::Overwrite).await;
    assert_eq!(put.unwrap_err().kind, StorageErrorKind::NoPlace);
    let delete = storage.delete(&["a".to_owned()]).await;
    assert_eq!(delete.unwrap_err().kind, StorageErrorKind::NoPlace);
}

#[tokio::test]
async fn a_listing_asks_for_one_page_and_takes_any_key() {
    let page = "<ListBucketResult><IsTruncated>true</IsTruncated>\
                <Contents><Key>a//b</Key><Size>3</Size><ETag>\"x\"</ETag></Contents>\
                <Contents><Key>a/ &lt;c&gt; </Key><Size>0</Size>\
                <LastModified>2030-01-01T00:00:00Z</LastModified></Contents></ListBucketResult>";
    let server = MockServer::start(move |_, _| answer(200, page)).await;
    let storage = S3Storage::new(config(&server)).unwrap();
    let page = storage.list("a/", Some("a/+ ")).await.unwrap();
    let asked = server.asked();
    let expected = "GET /bucket/?list-type=2&max-keys=1000&prefix=a%2F&start-after=a%2F%2B%20";
    assert_eq!(server.lines(), [expected]);
    let signature = asked[0].header("authorization").unwrap();
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=reader/"), "{signature}");
    let found: Vec<_> = page.objects.iter().map(|o| (o.key.as_str(), o.size)).collect();
    assert_eq!(found, [("a//b", 3), ("a/ <c> ", 0)]);
    assert_eq!(page.objects[0].version.as_deref(), Some("\"x\""));
    assert!(page.more);
}

#[tokio::test]
async fn a_busy_store_is_asked_again() {
    let server = MockServer::start(|_, number| match number {
        0 => error(503, "SlowDown"),
        _ => answer(200, "<ListBucketResult/>"),
    })
    .await;
    let storage = S3Storage::new(config(&server)).unwrap();
    assert_eq!(storage.list("", None).await.unwrap().objects, []);
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_bucket_that_is_ours_already_is_created() {
    let server = MockServer::start(|_, _| error(409, "BucketAlreadyOwnedByYou")).await;
    S3Storage::new(config(&server)).unwrap().create_bucket().await.unwrap();
    assert_eq!(server.lines(), ["PUT /bucket/"]);
}

#[tokio::test]
async fn credentials_given_in_code_are_known_to_this_process_alone() {
    let server = MockServer::start(|_, _| object(200, "1")).await;
    let storage = S3Storage::new(config(&server)).unwrap();
    let location = storage.location();
    assert_eq!(location.settings["credentials"], "code");
    assert_eq!(open(&location).unwrap().get("a").await.unwrap(), "1");
    let signature = server.asked()[0].headers["authorization"].clone();
    assert!(signature.contains("Credential=reader/"), "{signature}");
}

#[test]
fn an_endpoint_with_a_password_is_refused() {
    let mut config = S3Config::new("bucket");
    config.endpoint = Some("http://user:s3cr3t@127.0.0.1:1".to_owned());
    let error = S3Storage::new(config).unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Unsupported);
    assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
}
