//! What holds while several work at once.

use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use lithops_core::ports::{PutMode, StorageErrorKind};
use tokio::sync::Barrier;

use super::{Storage, put};

/// The winner's bytes are the object, and the others learn that they lost.
pub async fn of_racing_creators_exactly_one_wins(storage: Storage, racers: u8) {
    for round in 0..20 {
        let key = format!("round/{round}");
        let start = Arc::new(Barrier::new(racers.into()));
        let creators = (0..racers).map(|creator| {
            let (storage, start, key) = (Arc::clone(&storage), Arc::clone(&start), key.clone());
            tokio::spawn(async move {
                start.wait().await;
                let body = Bytes::copy_from_slice(&[creator; 1000]);
                (creator, storage.put(&key, body, PutMode::Create).await)
            })
        });
        let mut winners = Vec::new();
        for creator in creators.collect::<Vec<_>>() {
            match creator.await.unwrap() {
                (creator, Ok(())) => winners.push(creator),
                (_, Err(error)) => assert_eq!(error.kind, StorageErrorKind::AlreadyExists),
            }
        }
        assert_eq!(winners.len(), 1);
        assert_eq!(storage.get(&key).await.unwrap(), [winners[0]; 1000].as_slice());
    }
}

/// Reads give one of the bodies as a whole, or the same number of bytes of one.
pub async fn a_reader_never_sees_half_a_write(storage: Storage) {
    const SIZE: usize = 1024 * 1024;
    let body = |byte: u8| Bytes::from(vec![byte; SIZE]);
    put(&storage, "a", body(0)).await;
    let writing = tokio::spawn({
        let storage = Arc::clone(&storage);
        async move {
            for round in 1..=40 {
                put(&storage, "a", body(round)).await;
            }
        }
    });
    loop {
        let is_last = writing.is_finished();
        let whole = storage.get("a").await.unwrap();
        assert_eq!(whole.len(), SIZE);
        assert!(whole.iter().all(|byte| *byte == whole[0]));
        let tail = storage.get_range("a", 1..SIZE as u64).await.unwrap();
        assert!(tail.iter().all(|byte| *byte == tail[0]));
        if is_last {
            assert_eq!(whole[0], 40);
            break;
        }
    }
    writing.await.unwrap();
}

/// Deleting the last object beside a new one must not take the new one along.
pub async fn a_put_survives_the_removal_of_its_neighbours(storage: Storage) {
    let creates = storage.capability().await.unwrap().create_if_absent;
    let workers = ["x/y/a", "x/y/b", "x/c"].map(|key| {
        let storage = Arc::clone(&storage);
        tokio::spawn(async move {
            for round in 0..150_u8 {
                let create = creates && round % 2 == 0;
                let mode = if create { PutMode::Create } else { PutMode::Overwrite };
                storage.put(key, Bytes::copy_from_slice(&[round]), mode).await.unwrap();
                assert_eq!(storage.get(key).await.unwrap(), [round].as_slice());
                storage.delete(&[key.to_owned()]).await.unwrap();
            }
        })
    });
    for worker in workers {
        worker.await.unwrap();
    }
}

/// Whichever it was, a reader meets no part of an object.
pub async fn a_cancelled_put_happened_whole_or_not_at_all(storage: Storage) {
    const SIZE: usize = 1024 * 1024;
    for round in 0..20_u8 {
        let body = Bytes::from(vec![round; SIZE]);
        // Polled once and dropped.
        storage.put("a", body, PutMode::Overwrite).now_or_never();
        match storage.get("a").await {
            Ok(found) => {
                assert_eq!(found.len(), SIZE);
                assert!(found.iter().all(|byte| *byte == found[0]));
            }
            Err(error) => assert_eq!(error.kind, StorageErrorKind::NotFound),
        }
    }
}
