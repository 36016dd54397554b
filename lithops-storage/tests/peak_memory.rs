//! How much memory it takes to stream two gibibytes into a storage and out again.
//!
//! Each case is measured in a process of its own. They take a while, and run only where the
//! variable `LITHOPS_TEST_PEAK_MEMORY` is set: `cargo xtask test` does it, with a server. Through a
//! relay it is 64 mebibytes, with both of its sides in one process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the child tells its parent what it has measured")]

#[cfg(feature = "s3")]
#[path = "servers/address.rs"]
mod address;

use std::process::{Command, ExitCode};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use lithops_core::ports::{PutMode, StorageBackend};
use lithops_storage::FileStorage;

const MIB: usize = 1024 * 1024;
const BLOCKS: u64 = 2048;
const BOUND: u64 = 64 * MIB as u64;
const RELAYED_BOUND: u64 = 16 * MIB as u64;

/// Tells the child which storage to measure.
const CHILD: &str = "LITHOPS_TEST_PEAK_MEMORY_OF";

fn main() -> ExitCode {
    if let Ok(place) = std::env::var(CHILD) {
        measure(&place);
        return ExitCode::SUCCESS;
    }
    let wanted = match std::env::var_os("LITHOPS_TEST_PEAK_MEMORY") {
        Some(_) => Ok(()),
        None => Err("moves gibibytes: `cargo xtask test` runs it".to_owned()),
    };
    let s3 = wanted.clone().and_then(|()| s3::is_there());
    let large = "two_gibibytes_take_less_than_64_mebibytes";
    let small = "sixty_four_mebibytes_take_less_than_16";
    let cases = [
        (large, "files", BOUND, wanted),
        (large, "seaweedfs", BOUND, s3),
        (small, "relay", RELAYED_BOUND, relay::is_there()),
    ];
    let trials = cases.map(|(name, place, bound, reason)| {
        Trial::ignorable_test(format!("{name}::{place}"), move || match reason {
            Ok(()) => check(place, bound).map(|()| Completion::Completed),
            Err(reason) => Ok(Completion::ignored_with(reason)),
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

fn check(place: &str, bound: u64) -> Result<(), Failed> {
    let child = Command::new(std::env::current_exe()?).env(CHILD, place).output()?;
    let printed = String::from_utf8_lossy(&child.stdout);
    if !child.status.success() {
        return Err(format!("{}: {}", child.status, String::from_utf8_lossy(&child.stderr)).into());
    }
    println!("{place}: {}", printed.trim());
    let above = printed.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024;
    if above < bound { Ok(()) } else { Err(format!("{above} bytes above idle").into()) }
}

fn measure(place: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        match place {
            "files" => {
                let folder = tempfile::tempdir().unwrap();
                let storage = FileStorage::new(folder.path().join("objects")).unwrap();
                both_ways(Arc::new(storage), BLOCKS).await;
            }
            "relay" => relay::both_ways().await,
            _ => s3::both_ways().await,
        }
    });
}

async fn both_ways(storage: Arc<dyn StorageBackend>, blocks: u64) {
    // What is loaded and opened for any request at all counts as idle.
    storage.put("small", "1".into(), PutMode::Overwrite).await.unwrap();
    storage.get("small").await.unwrap();
    let idle = kibibytes("VmRSS:");

    let body = stream::iter(0..blocks).map(|number| Ok(block(number))).boxed();
    assert_eq!(storage.put_stream("large", body).await.unwrap(), blocks * MIB as u64);
    let up = kibibytes("VmHWM:");

    let mut found = storage.get_stream("large", None).await.unwrap().body;
    let mut expected = BytesMut::new();
    let mut number = 0;
    while let Some(mut piece) = found.try_next().await.unwrap() {
        while !piece.is_empty() {
            if expected.is_empty() {
                expected.extend_from_slice(&block(number));
                number += 1;
            }
            let length = piece.len().min(expected.len());
            assert!(piece.split_to(length) == expected.split_to(length));
        }
    }
    assert_eq!((number, expected.len()), (blocks, 0));
    let both = kibibytes("VmHWM:");
    storage.delete(&["small".to_owned(), "large".to_owned()]).await.unwrap();
    println!(
        "{} KiB above {idle} KiB of an idle process, {} KiB after the way up",
        both.saturating_sub(idle),
        up.saturating_sub(idle)
    );
}

/// Bytes of their own for each number: a shared block would not count.
fn block(number: u64) -> Bytes {
    let mut bytes = vec![(number % 251) as u8; MIB];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes.into()
}

/// What the kernel has counted for this process.
fn kibibytes(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[cfg(feature = "relay")]
mod relay {
    use std::sync::Arc;

    use lithops_storage::FileStorage;

    #[path = "client.rs"]
    mod client;

    pub(super) fn is_there() -> Result<(), String> {
        Ok(())
    }

    pub(super) async fn both_ways() {
        let folder = tempfile::tempdir().unwrap();
        let files = FileStorage::new(folder.path().join("objects")).unwrap();
        let client = client::Client::new();
        let relayed = client.lend(Arc::new(files));
        super::both_ways(Arc::new(relayed), 64).await;
    }
}

#[cfg(not(feature = "relay"))]
mod relay {
    pub(super) fn is_there() -> Result<(), String> {
        Err("this build lacks the feature `relay`".to_owned())
    }

    pub(super) async fn both_ways() {
        unreachable!("no case asks for it");
    }
}

#[cfg(feature = "s3")]
mod s3 {
    use std::sync::Arc;

    use lithops_core::secret::Secret;
    use lithops_storage::{S3Config, S3Storage};

    use crate::address;

    pub(super) fn is_there() -> Result<(), String> {
        address::of("seaweedfs").map(drop)
    }

    pub(super) async fn both_ways() {
        let address = address::of("seaweedfs").unwrap();
        let mut config = S3Config::new(format!("peak-{}", std::process::id()));
        config.endpoint = Some(address.url);
        config.access_key_id = Some(address.user);
        config.secret_access_key = Some(Secret::new(address.password));
        let storage = S3Storage::new(config).unwrap();
        storage.create_bucket().await.unwrap();
        super::both_ways(Arc::new(storage.clone()), super::BLOCKS).await;
        storage.delete_bucket().await.unwrap();
    }
}

#[cfg(not(feature = "s3"))]
mod s3 {
    pub(super) fn is_there() -> Result<(), String> {
        Err("this build lacks the feature `s3`".to_owned())
    }

    pub(super) async fn both_ways() {
        unreachable!("no case asks for it");
    }
}
