//! Signs of life, by tokio's clock, which goes on by itself where nothing else is to be done.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use lithops_core::ports::{PutMode, StorageBackend, StorageErrorKind};
use lithops_core::wire::{Frame, FromRelay, ToRelay};
use lithops_storage::MemoryStorage;
use lithops_storage::layers::{Fault, FaultyStorage, Verb};
use lithops_storage::relay::{PREAMBLE, RelayStorage};

use super::broken::worker;

#[tokio::test(start_paused = true)]
async fn a_client_says_that_it_lives_while_a_storage_takes_its_time() {
    let memory = MemoryStorage::new();
    memory.put("a", "1".into(), PutMode::Create).await.unwrap();
    let slow =
        FaultyStorage::new(Arc::new(memory)).with(Fault::delay(Verb::Get, Duration::from_secs(95)));
    let (mut worker, _serving) = worker(Arc::new(slow)).await;
    worker.say(ToRelay::Get { key: "a".to_owned() }.encode()).await;
    for _ in 0..9 {
        assert_eq!(FromRelay::decode(worker.hear().await), Ok(FromRelay::Alive));
    }
    assert_eq!(FromRelay::decode(worker.hear().await), Ok(FromRelay::Body("1".into())));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_gives_no_sign_of_life_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("relay");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    // Opens, and never says another word.
    let silent = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // An answer before the question would be taken for a reason to ask no more.
        let mut heard = vec![0; 4096];
        let asked = stream.read(&mut heard).unwrap();
        heard.truncate(asked);
        stream.write_all(&FromRelay::Opened.encode().concat()).unwrap();
        stream.read_to_end(&mut heard).unwrap();
        heard
    });
    let location = MemoryStorage::new().location();
    let relayed = RelayStorage::open(&socket, PREAMBLE, &location).unwrap();
    let error = relayed.get("a").await.unwrap_err();
    assert_eq!(error.kind, StorageErrorKind::Unavailable);
    assert!(error.to_string().contains("no sign of life for 60 s"), "{error}");
    // It hung up: the answer may still come, and is for nobody.
    let heard = silent.join().unwrap().split_off(PREAMBLE.len());
    let asked = Frame::read_all(heard.into()).unwrap().pop().unwrap();
    assert_eq!(ToRelay::decode(asked), Ok(ToRelay::Get { key: "a".to_owned() }));
}
