//! What a client does not lend, and what its storages refuse.

use std::sync::Arc;

use futures::{StreamExt, stream};
use lithops_core::ports::{PutMode, StorageBackend, StorageErrorKind};
use lithops_core::wire::{Frame, FromRelay, PROTOCOL, StorageFailure, ToRelay};
use lithops_storage::layers::{Fault, FaultyStorage, Verb};
use lithops_storage::relay::{PREAMBLE, RelayStorage};
use lithops_storage::{FileStorage, MemoryStorage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::client::Client;

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_is_not_lent_is_refused_by_name() {
    let client = Client::new();
    let folder = tempfile::tempdir().unwrap();
    let files = FileStorage::new(folder.path().join("kept to itself")).unwrap();
    let refused = RelayStorage::open(&client.socket, PREAMBLE, &files.location()).unwrap_err();
    assert_eq!(refused.kind, StorageErrorKind::Denied);
    assert_eq!((refused.store, refused.operation), ("relay", "open"));
    assert!(refused.to_string().contains("kept to itself"), "{refused}");
    assert!(refused.to_string().contains("has not lent this storage"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_is_not_opened_again() {
    let client = Client::new();
    let memory = MemoryStorage::new();
    client.lend(Arc::new(memory.clone())).put("a", "1".into(), PutMode::Create).await.unwrap();
    client.lent.take_back(&memory.location());
    let refused = RelayStorage::open(&client.socket, PREAMBLE, &memory.location()).unwrap_err();
    assert_eq!(refused.kind, StorageErrorKind::Denied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_not_there_is_an_error_that_names_the_socket() {
    let socket = tempfile::tempdir().unwrap().path().join("nobody");
    let location = MemoryStorage::new().location();
    let error = RelayStorage::open(&socket, PREAMBLE, &location).unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Unavailable);
    assert!(error.to_string().contains(&*socket.to_string_lossy()), "{error}");
}

#[test]
fn a_storage_is_opened_and_used_outside_of_any_runtime_and_inside_of_several() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().unwrap()
    };
    let serving = runtime();
    let client = serving.block_on(async { Client::new() });
    let relayed = client.lend(Arc::new(MemoryStorage::new()));
    for body in ["1", "2", "3"] {
        runtime().block_on(relayed.put("a", body.into(), PutMode::Overwrite)).unwrap();
        assert_eq!(runtime().block_on(relayed.get("a")).unwrap(), body);
    }
    assert_eq!(client.accepted(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_storage_arrives_as_it_was() {
    let client = Client::new();
    let folder = tempfile::tempdir().unwrap();
    let files = FileStorage::new(folder.path()).unwrap();
    let relayed = client.lend(Arc::new(files.clone()));
    files.put("a", "1".into(), PutMode::Create).await.unwrap();

    let direct = files.get("no/such").await.unwrap_err();
    let told = relayed.get("no/such").await.unwrap_err();
    assert_eq!(StorageFailure::from(&told), StorageFailure::from(&direct));
    assert_eq!(told.to_string(), direct.to_string());

    let direct = files.put("a/b", "1".into(), PutMode::Create).await.unwrap_err();
    let told = relayed.put("a/b", "1".into(), PutMode::Create).await.unwrap_err();
    assert_eq!(told.kind, StorageErrorKind::InvalidKey);
    assert_eq!(StorageFailure::from(&told), StorageFailure::from(&direct));

    // None of these has cost a connection.
    assert_eq!(client.accepted(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_fails_stops_a_stream_that_has_no_end() {
    let client = Client::new();
    let storage = FaultyStorage::new(Arc::new(MemoryStorage::new()))
        .with(Fault::failure(Verb::PutStream, StorageErrorKind::Full));
    let relayed = client.lend(Arc::new(storage));
    let mebibyte = bytes::Bytes::from(vec![7; 1024 * 1024]);
    let endless = stream::repeat_with(move || Ok(mebibyte.clone())).boxed();
    let error = relayed.put_stream("a", endless).await.unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Full);
    let silent = relayed.put_stream("a", stream::pending().boxed()).await.unwrap_err();
    assert_eq!(silent.kind, StorageErrorKind::Full);
    assert_eq!(relayed.list("", None).await.unwrap().objects, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_of_another_protocol_is_told_so() {
    let client = Client::new();
    let memory = MemoryStorage::new();
    client.lend(Arc::new(memory.clone()));
    let mut socket = UnixStream::connect(&client.socket).await.unwrap();
    socket.write_all(PREAMBLE).await.unwrap();
    let open = ToRelay::Open { protocol: PROTOCOL + 1, location: memory.location() };
    socket.write_all(&open.encode().concat()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let frame = Frame::read_all(answer.into()).unwrap().remove(0);
    let FromRelay::Failed(failure) = FromRelay::decode(frame).unwrap() else {
        panic!("it was opened");
    };
    assert_eq!(failure.kind, StorageErrorKind::Unsupported);
    let said = format!("speaks protocol {}, the client {PROTOCOL}", PROTOCOL + 1);
    assert!(failure.causes[0].contains(&said), "{failure:?}");
}
