//! What is asked of Google's and Azure's stores. Both are mocked here: no real server was asked.

#![cfg(all(feature = "gcs", feature = "azure"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test file uses another part")]
mod mock;

use std::sync::Arc;

use lithops_core::ports::{PutMode, StorageBackend, StorageErrorKind};
use lithops_core::secret::Secret;
use lithops_storage::{AzureConfig, AzureStorage, GcsConfig, GcsStorage, open};

use mock::{Answer, Asked, MockServer, answer, object};

fn gcs(server: &MockServer) -> Arc<dyn StorageBackend> {
    let mut config = GcsConfig::new("bucket");
    config.endpoint = Some(server.url.clone());
    config.service_account_key = Some(Secret::new(
        "{\"private_key\": \"-\", \"private_key_id\": \"-\", \"client_email\": \"-\", \
         \"disable_oauth\": true}",
    ));
    Arc::new(GcsStorage::new(config).unwrap())
}

fn azure(server: &MockServer) -> Arc<dyn StorageBackend> {
    let mut config = AzureConfig::new("box");
    config.endpoint = Some(server.url.clone());
    config.account = Some("account".to_owned());
    config.access_key = Some(Secret::new("Y29ycmVjdCBob3JzZQ=="));
    Arc::new(AzureStorage::new(config).unwrap())
}

/// Creates once: the second creator of a key is told so.
fn creates(asked: &Asked, number: usize, second: u16, code: &str) -> Answer {
    match (asked.method.as_str(), number) {
        ("PUT", 1) => answer(second, &format!("<Error><Code>{code}</Code></Error>")),
        ("DELETE", _) => answer(202, ""),
        // Azure deletes many at once: one answer for each, in parts.
        ("POST", _) => Answer(
            202,
            vec![("Content-Type", "multipart/mixed; boundary=b".to_owned())],
            Some(
                "--b\r\nContent-Type: application/http\r\nContent-ID: 0\r\n\r\n\
                 HTTP/1.1 202 Accepted\r\nx-ms-request-id: 1\r\n\r\n--b--\r\n"
                    .to_owned(),
            ),
        ),
        _ => object(201, ""),
    }
}

#[tokio::test]
async fn google_is_asked_to_create_by_generation() {
    let server = MockServer::start(|asked, n| creates(asked, n, 412, "PreconditionFailed")).await;
    let storage = gcs(&server);
    storage.put("a b", "12".into(), PutMode::Create).await.unwrap();
    let asked = server.asked();
    let last = asked.last().unwrap();
    assert_eq!((last.line().as_str(), last.body.as_str()), ("PUT /bucket/a%20b", "12"));
    assert_eq!(last.header("x-goog-if-generation-match"), Some("0"));
    assert_eq!(asked.len(), 4, "{:?}", server.lines());
}

#[tokio::test]
async fn google_is_read_and_listed_by_page() {
    let page = "<ListBucketResult><Contents><Key>a/b.c</Key><Size>2</Size>\
                <LastModified>2030-01-01T00:00:00.000Z</LastModified><ETag>\"v1\"</ETag>\
                </Contents></ListBucketResult>";
    let server = MockServer::start(move |asked, _| match asked.target.contains("list-type") {
        true => answer(200, page),
        false => object(200, "12"),
    })
    .await;
    let storage = gcs(&server);
    assert_eq!(storage.get("a").await.unwrap(), "12");
    let listed = storage.list("a/b", Some("a/a")).await.unwrap();
    assert_eq!((listed.objects[0].key.as_str(), listed.objects[0].size), ("a/b.c", 2));
    assert!(!listed.more);
    let lines = server.lines();
    assert_eq!(lines[0], "GET /bucket/a");
    let list = "GET /bucket?list-type=2&prefix=a%2Fb&start-after=a%2Fa&max-keys=1000";
    assert_eq!(lines[1], list);
}

#[tokio::test]
async fn azure_is_asked_to_create_by_tag() {
    let server = MockServer::start(|asked, n| creates(asked, n, 409, "BlobAlreadyExists")).await;
    let storage = azure(&server);
    storage.put("a", "12".into(), PutMode::Create).await.unwrap();
    let asked = server.asked();
    let last = asked.last().unwrap();
    assert_eq!((last.line().as_str(), last.body.as_str()), ("PUT /box/a", "12"));
    assert_eq!(last.header("if-none-match"), Some("*"));
    assert_eq!(last.header("x-ms-blob-type"), Some("BlockBlob"));
    assert!(last.header("authorization").unwrap().starts_with("SharedKey account:"));
}

#[tokio::test]
async fn azure_is_read_and_listed_by_page() {
    let page = "<EnumerationResults><Blobs><Blob><Name>a/b</Name><Properties>\
                <Last-Modified>Tue, 01 Jan 2030 00:00:00 GMT</Last-Modified><Etag>v1</Etag>\
                <Content-Length>2</Content-Length><Content-Type>text/plain</Content-Type></Properties></Blob></Blobs>\
                <NextMarker/></EnumerationResults>";
    let server = MockServer::start(move |asked, _| match asked.target.contains("comp=list") {
        true => answer(200, page),
        false => object(200, "12"),
    })
    .await;
    let storage = azure(&server);
    assert_eq!(open(&storage.location()).unwrap().get("a").await.unwrap(), "12");
    let listed = storage.list("a/", None).await.unwrap();
    assert_eq!((listed.objects[0].key.as_str(), listed.objects[0].size), ("a/b", 2));
    let lines = server.lines();
    assert_eq!(lines[0], "GET /box/a");
    assert_eq!(lines[1], "GET /box?restype=container&comp=list&prefix=a%2F&maxresults=1000");
}

#[tokio::test]
async fn a_missing_place_is_another_error_than_a_missing_object() {
    for (missing, code) in [("NoSuchKey", "NoSuchBucket"), ("BlobNotFound", "ContainerNotFound")] {
        let server = MockServer::start(move |asked, _| {
            let code = if asked.target.ends_with("/a") { missing } else { code };
            answer(404, &format!("<Error><Code>{code}</Code></Error>"))
        })
        .await;
        for storage in [gcs(&server), azure(&server)] {
            assert_eq!(storage.get("a").await.unwrap_err().kind, StorageErrorKind::NotFound);
            let error = storage.list("", None).await.unwrap_err();
            assert_eq!(error.kind, StorageErrorKind::NoPlace, "{error}");
        }
    }
}
