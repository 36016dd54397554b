//! Reading from web servers, with and without ranges, honest and not.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test file uses another part")]
mod mock;

use futures::TryStreamExt;
use lithops_core::ports::{ObjectMeta, PutMode, StorageBackend, StorageErrorKind};
use lithops_storage::{HttpStorage, locate, open};

use mock::{Answer, Asked, MockServer, answer};

const TEXT: &str = "0123456789";

/// A server that knows ranges.
fn ranges(asked: &Asked) -> Answer {
    let tag = ("ETag", "\"v1\"".to_owned());
    let Some(range) = asked.header("range") else {
        let headers = vec![tag, ("Accept-Ranges", "bytes".to_owned())];
        return Answer(200, headers, Some(TEXT.to_owned()));
    };
    let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    if first >= TEXT.len() {
        return Answer(416, vec![("Content-Range", "bytes */10".to_owned())], Some(String::new()));
    }
    let last = last.min(TEXT.len() - 1);
    let range = ("Content-Range", format!("bytes {first}-{last}/10"));
    Answer(206, vec![tag, range], Some(TEXT[first..=last].to_owned()))
}

async fn kind_of_range(
    answers: fn(&Asked) -> Answer,
    range: std::ops::Range<u64>,
) -> StorageErrorKind {
    let server = MockServer::start(move |asked, _| answers(asked)).await;
    let storage = HttpStorage::new(&server.url).unwrap();
    let kind = storage.get_range("a", range.clone()).await.unwrap_err().kind;
    let streamed = storage.get_stream("a", Some(range)).await.unwrap_err().kind;
    assert_eq!(kind, streamed);
    kind
}

#[tokio::test]
async fn a_server_with_ranges_gives_exactly_what_is_asked_for() {
    let server = MockServer::start(|asked, _| ranges(asked)).await;
    let (location, key) = locate(&format!("{}/a/b%20c?x=1#top", server.url)).unwrap();
    assert_eq!(key, "a/b%20c?x=1");
    let storage = open(&location).unwrap();
    assert_eq!(storage.get(&key).await.unwrap(), TEXT);
    assert_eq!(storage.get_range(&key, 2..5).await.unwrap(), "234");
    assert_eq!(storage.get_range(&key, 9..10).await.unwrap(), "9");
    assert_eq!(storage.get_range(&key, 10..10).await.unwrap(), "");
    let version = Some("\"v1\"".to_owned());
    let meta = ObjectMeta { key: key.clone(), size: 10, version, modified: None };
    assert_eq!(storage.head(&key).await.unwrap(), meta);
    let part = storage.get_stream(&key, Some(1..4)).await.unwrap();
    assert_eq!(part.meta, meta);
    assert_eq!(part.body.try_collect::<Vec<_>>().await.unwrap().concat(), b"123");
    assert_eq!(server.lines()[0], "GET /a/b%20c?x=1");
    assert_eq!(server.asked()[1].header("range"), Some("bytes=2-4"));
    assert!(HttpStorage::new(&server.url).unwrap().accepts_ranges("a").await.unwrap());
}

#[tokio::test]
async fn a_range_past_the_end_is_never_shortened() {
    assert_eq!(kind_of_range(ranges, 8..11).await, StorageErrorKind::InvalidRange);
    assert_eq!(kind_of_range(ranges, 10..11).await, StorageErrorKind::InvalidRange);
}

#[tokio::test]
async fn a_server_without_ranges_says_so_and_gives_the_whole() {
    fn whole(_: &Asked) -> Answer {
        answer(200, TEXT)
    }
    assert_eq!(kind_of_range(whole, 2..5).await, StorageErrorKind::Unsupported);
    assert_eq!(kind_of_range(whole, 0..11).await, StorageErrorKind::InvalidRange);
    let server = MockServer::start(|asked, _| whole(asked)).await;
    let storage = HttpStorage::new(&server.url).unwrap();
    assert_eq!(storage.get_range("a", 0..10).await.unwrap(), TEXT);
    assert!(!storage.accepts_ranges("a").await.unwrap());
}

#[tokio::test]
async fn another_range_than_was_asked_for_is_refused() {
    fn shifted(_: &Asked) -> Answer {
        Answer(206, vec![("Content-Range", "bytes 0-2/10".to_owned())], Some("012".to_owned()))
    }
    assert_eq!(kind_of_range(shifted, 2..5).await, StorageErrorKind::Unsupported);
    fn unsaid(_: &Asked) -> Answer {
        answer(206, "234")
    }
    assert_eq!(kind_of_range(unsaid, 2..5).await, StorageErrorKind::Unsupported);
}

#[tokio::test]
async fn where_head_is_refused_the_first_byte_tells_the_size() {
    for refusal in [403, 405, 501] {
        let server = MockServer::start(move |asked, _| match asked.method.as_str() {
            "HEAD" => answer(refusal, ""),
            _ => ranges(asked),
        })
        .await;
        let storage = HttpStorage::new(&server.url).unwrap();
        assert_eq!(storage.head("a").await.unwrap().size, 10);
        assert_eq!(server.asked()[1].header("range"), Some("bytes=0-0"));
    }
}

#[tokio::test]
async fn a_size_that_nobody_tells_is_unknown() {
    let server = MockServer::start(|_, _| Answer(200, Vec::new(), None)).await;
    let storage = HttpStorage::new(&server.url).unwrap();
    let meta = storage.head("a").await.unwrap();
    assert_eq!((meta.size, meta.version), (ObjectMeta::UNKNOWN_SIZE, None));
    assert_eq!(storage.get("a").await.unwrap(), "without a length");
}

#[tokio::test]
async fn what_the_server_refuses_has_its_own_kind() {
    for (status, kind) in [
        (404, StorageErrorKind::NotFound),
        (410, StorageErrorKind::NotFound),
        (401, StorageErrorKind::Denied),
        (429, StorageErrorKind::Unavailable),
        (503, StorageErrorKind::Unavailable),
        (406, StorageErrorKind::Unsupported),
    ] {
        let server = MockServer::start(move |_, _| answer(status, "")).await;
        let storage = HttpStorage::new(&server.url).unwrap();
        assert_eq!(storage.get("a").await.unwrap_err().kind, kind, "{status}");
        assert_eq!(storage.head("a").await.unwrap_err().kind, kind, "{status}");
    }
}

#[tokio::test]
async fn a_web_server_is_not_written_to_nor_listed() {
    let storage = HttpStorage::new("http://127.0.0.1:1").unwrap();
    assert!(!storage.capability().await.unwrap().write_and_list);
    let put = storage.put("a", "1".into(), PutMode::Overwrite).await.unwrap_err();
    let list = storage.list("", None).await.unwrap_err();
    let delete = storage.delete(&["a".to_owned()]).await.unwrap_err();
    for error in [put, list, delete] {
        assert_eq!(error.kind, StorageErrorKind::Unsupported, "{error}");
    }
}

#[test]
fn an_address_with_a_password_is_refused() {
    let error = locate("http://user:s3cr3t@127.0.0.1:1/a").unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Unsupported);
    assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
}
